"""Sending and waiting share one deadline."""

import asyncio

import pytest

from api_gateway.adapters.sending import Sender
from api_gateway.errors import Problem

LONG_S = 3600.0


class Slow:
    """A bus whose brokers take a moment."""

    async def producer(self, on_failure=None):
        return self

    async def send(self, *args, **options):
        await asyncio.sleep(0.05)


async def test_a_broker_that_takes_longer_than_a_short_deadline_is_not_absent():
    sender = Sender(Slow(), "hanzo.twin", 0.01, lambda: None)
    due = asyncio.get_running_loop().time() + 0.01
    await sender.send("control.commands", "arm", b"x", (), due=due)


class Hanging:
    """A bus whose producer opens and never gets an answer, or never opens."""

    def __init__(self, opens):
        self._opens = opens

    async def producer(self, on_failure=None):
        return self if self._opens else await asyncio.Event().wait()

    async def send(self, *args, **options):
        await asyncio.Event().wait()


@pytest.mark.parametrize("opens", [True, False])
async def test_a_record_is_given_up_when_the_request_is_due_however_long_the_sender_may_take(
    opens, monkeypatch
):
    monkeypatch.setattr("api_gateway.adapters.sending._LEAST_S", 0.0)
    sender = Sender(Hanging(opens), "hanzo.twin", LONG_S, lambda: None)
    due = asyncio.get_running_loop().time() + 0.01
    with pytest.raises(Problem) as raised:
        await sender.send("control.commands", "arm", b"x", (), command="c", due=due)
    assert raised.value.code == "unavailable"
    assert ("it may be done or not" in str(raised.value)) == opens
