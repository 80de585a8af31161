"""When a token has to be valid: as the broker took the record, not as it is handled."""

from __future__ import annotations

import pytest

from scene_manager.domain.cause import Asked
from scene_manager.handlers.access import Denial, admit
from twin_common.bus.envelope import Envelope
from twin_common.bus.types import Record
from twin_common.runner import Message
from twin_common.testing.issuer import InMemoryIssuer

HOUR_S = 3600


def message(token: str, taken_s: int, **more: object) -> Message:
    envelope = Envelope.new(
        type="StartTwin", source="test", org="local", token=token, actor="claimed", **more
    )
    origin = Record("control.commands", 1, 7, b"p", b"", envelope.headers(), taken_s * 1000)
    return Message(envelope, origin)


@pytest.mark.parametrize(("taken_s", "admitted"), [(10, True), (HOUR_S - 1, True), (2 * HOUR_S, False)])
async def test_a_token_is_judged_by_when_the_broker_took_the_command(taken_s: int, admitted: bool) -> None:
    issuer = InMemoryIssuer()
    token = issuer.token(now_s=0, ttl_s=HOUR_S, actor="ann")
    a_week_later_ns = 7 * 24 * HOUR_S * 1_000_000_000
    asked = await admit(message(token, taken_s), "twins.start", issuer.guard(), a_week_later_ns)
    assert isinstance(asked, Asked) is admitted
    if isinstance(asked, Asked):
        assert (asked.actor, asked.role, asked.at_ns) == ("ann", "twin-admin", a_week_later_ns)


async def test_a_denial_is_noted_by_where_its_record_lies_and_by_nothing_that_it_says() -> None:
    issuer = InMemoryIssuer()
    denials = [await admit(message("x.y.z", 1), "twins.start", issuer.guard(), 1) for _ in range(2)]
    assert all(isinstance(denial, Denial) for denial in denials)
    first, second = (denial.asked for denial in denials if isinstance(denial, Denial))
    assert first.id != second.id
    assert first.note.id == second.note.id


async def test_texts_of_strangers_are_kept_as_a_database_can() -> None:
    issuer = InMemoryIssuer()
    asked = await admit(
        message(issuer.token(), 1, correlation_id="a\0b" + "x" * 1000), "twins.start", issuer.guard(), 1
    )
    assert isinstance(asked, Asked)
    assert asked.note.correlation_id == "a\ufffdb" + "x" * 197
