"""Retries, tokens, and commands that take their time."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from scripted_api import TWIN

from hanzo_twin.client import Pending, Retry, Unauthenticated, Unavailable, Unreachable
from hanzo_twin.client.calls import running, twins


def test_an_answer_is_a_typed_model(api: Any, carry: Any) -> None:
    api.says(200, {**TWIN, "a_new_field": 1})
    twin = carry(twins.get_twin("arm"))
    assert (twin.name, twin.revision, twin.scene.version) == ("arm", 3, 2)
    assert twin.created_at.microsecond == 123456
    assert api.requests[0].headers["authorization"] == "Bearer secret"


def test_what_was_written_before_is_waited_for_whichever_process_answers(api: Any, carry: Any) -> None:
    api.says(200, TWIN)
    for plan in (twins.start_twin("arm"), twins.get_twin("arm")):
        carry(plan)
    assert [request.headers["x-read-latest"] for request in api.requests] == ["true", "true"]


def test_a_reference_is_one_segment_of_the_path_whatever_it_has(api: Any, carry: Any) -> None:
    api.says(200, TWIN)
    carry(twins.get_twin("../audit?x=1"))
    assert api.asked == ["GET /v1/twins/..%2Faudit%3Fx%3D1"]


def test_a_change_is_repeated_under_one_idempotency_key(api: Any, carry: Any) -> None:
    api.breaks().refuses(503, "broker_away").breaks(httpx.ReadError("reset")).says(200, TWIN)
    assert carry(twins.start_twin("arm")).name == "arm"
    keys = {request.headers["idempotency-key"] for request in api.requests}
    assert (len(api.requests), len(keys)) == (4, 1)


def test_two_calls_have_different_keys_and_reading_has_none(api: Any, carry: Any) -> None:
    api.says(200, TWIN)
    for plan in (twins.start_twin("arm"), twins.start_twin("arm"), twins.get_twin("arm")):
        carry(plan)
    one, two, none = (request.headers.get("idempotency-key") for request in api.requests)
    assert one != two
    assert none is None


def test_a_retry_after_longer_than_the_patience_ends_it(api: Any, carry: Any) -> None:
    api.refuses(429, "rate_limited", retry_after="3600")
    with pytest.raises(Exception, match="rate_limited") as raised:
        carry(twins.get_twin("arm"))
    assert len(api.requests) == 1
    assert raised.value.status == 429


def test_a_short_retry_after_is_obeyed(api: Any, carry: Any) -> None:
    api.refuses(429, "rate_limited", retry_after="0").says(200, TWIN)
    assert carry(twins.get_twin("arm")).name == "arm"


@pytest.mark.parametrize("error", [Unreachable, Unavailable])
def test_patience_ends(api: Any, carry_with: Any, error: type[Exception]) -> None:
    if error is Unreachable:
        api.breaks()
    else:
        api.refuses(503, "broker_away")
    with pytest.raises(error):
        carry_with(retry=Retry(within_s=0.02, first_s=0.001))(twins.get_twin("arm"))
    assert len(api.requests) > 1


def test_a_refusal_is_not_tried_again(api: Any, carry: Any) -> None:
    api.refuses(409, "already_running")
    with pytest.raises(Exception, match="already_running"):
        carry(twins.start_twin("arm"))
    assert len(api.requests) == 1


def test_a_refused_token_is_renewed_once(api: Any, carry_with: Any) -> None:
    given = iter(("old", "new", "never"))
    api.refuses(401, "token_expired").says(200, TWIN)
    carry_with(token=lambda: next(given))(twins.get_twin("arm"))
    assert [request.headers["authorization"] for request in api.requests] == ["Bearer old", "Bearer new"]


def test_a_token_that_stays_refused_is_an_error(api: Any, carry: Any) -> None:
    api.refuses(401, "token_expired", remedy="Get another one")
    with pytest.raises(Unauthenticated, match="Get another one"):
        carry(twins.get_twin("arm"))
    assert len(api.requests) == 2


def test_a_command_that_takes_its_time_is_followed_and_then_asked_again(api: Any, carry: Any) -> None:
    api.says(202, {"command": "c1", "status": "pending"}, location="/v1/commands/c1")
    api.says(200, {"id": "c1", "status": "pending"}).says(200, {"id": "c1", "status": "accepted"})
    api.says(200, TWIN)
    assert carry(twins.stop_twin("arm")).name == "arm"
    stop, *polls, again = api.requests
    assert {poll.url.path for poll in polls} == {"/v1/commands/c1"}
    assert stop.headers["idempotency-key"] == again.headers["idempotency-key"]


def test_what_is_decided_but_not_yet_shown_is_asked_for_again(api: Any, carry: Any) -> None:
    for _ in range(2):
        api.says(202, {"command": "c1", "status": "pending"}).says(200, {"id": "c1", "status": "accepted"})
    api.says(200, TWIN)
    assert carry(twins.stop_twin("arm")).name == "arm"
    assert len({request.headers.get("idempotency-key") for request in api.requests}) == 2  # one, and none


def test_a_command_without_an_outcome_in_time_is_pending(api: Any, carry_with: Any) -> None:
    api.says(202, {"command": "c1", "status": "pending"}).says(200, {"id": "c1", "status": "pending"})
    with pytest.raises(Pending) as raised:
        carry_with(retry=Retry(within_s=0.01))(twins.stop_twin("arm"))
    assert raised.value.command == "c1"


def test_a_joint_command_that_is_pending_is_an_answer(api: Any, carry: Any) -> None:
    api.says(202, {"command": "c1", "status": "pending"})
    outcome = carry(running.joint_command("arm", {"/World/Arm/shoulder": ("position", 0.2)}))
    assert (outcome.id, outcome.pending) == ("c1", True)
    assert api.json() == {"targets": {"/World/Arm/shoulder": {"mode": "position", "value": 0.2}}}


def test_a_redirect_is_not_followed_since_it_would_carry_the_token_away(api: Any, carry: Any) -> None:
    api.says(307, None, location="http://elsewhere.test/")
    with pytest.raises(Exception, match="307"):
        carry(twins.get_twin("arm"))
    assert len(api.requests) == 1
