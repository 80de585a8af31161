"""Looking commands up on the bus, without reading more than has to be."""

import asyncio
import uuid

import pytest

from api_gateway.adapters.asking_sim import SimOutcomes
from api_gateway.adapters.command_log import BusCommandLog
from api_gateway.adapters.ledger import Ledger
from api_gateway.adapters.searching import Search
from api_gateway.domain.commands import Found, command_view
from api_gateway.errors import Problem
from twin_common.bus.envelope import Envelope
from twin_common.bus.memory import MemoryBus
from twin_common.bus.topics import create_topics
from twin_common.clock import SystemClock
from twin_common.ids import uuid7
from twin_schemas import examples
from twin_schemas.catalogue import catalogue, topic
from twin_schemas.codec import encode
from twin_schemas.records import ControlAccepted

PREFIX = "hanzo.twin"
KEYED = str(uuid.uuid5(uuid.NAMESPACE_URL, "a key"))


class Away:
    """Nothing may be read."""

    async def reader(self):
        raise AssertionError("the bus was asked")


class Counted(MemoryBus):
    readers = 0

    async def reader(self):
        self.readers += 1
        await asyncio.sleep(0)
        return await super().reader()


async def answered(bus, *commands):
    """A bus on which these were answered, in this order."""
    async with await bus.admin() as admin:
        await create_topics(admin, catalogue(), PREFIX)
    for command in commands:
        await said(bus, command, ControlAccepted("StartTwin", command, "arm", 1))
    return bus


async def said(bus, command, record):
    """Say what a command came to."""
    envelope = Envelope(uuid7(), type(record).__name__, "scene-manager", 1, "acme", "r", causation_id=command)
    async with await bus.producer() as producer:
        await producer.send(
            topic("control.events").physical(PREFIX),
            key=b"k",
            value=encode(record),
            headers=envelope.headers(),
        )


def log(bus, ledger=None, most=200_000):
    return BusCommandLog(bus, PREFIX, ledger or Ledger(), SystemClock(), Search(bus, most))


@pytest.mark.parametrize("command", [KEYED, uuid7()], ids=["of a key", "of a time"])
async def test_an_answer_is_found_by_either_kind_of_id(command):
    bus = await answered(MemoryBus(), *(uuid7() for _ in range(5)), command, *(uuid7() for _ in range(5)))
    found = await log(bus).find("acme", command)
    assert found.answer.id == command
    assert await log(bus).find("rival", command) is None


async def test_the_newest_are_looked_at_first_when_an_id_has_no_time():
    others = [uuid7() for _ in range(4_100)]
    bus = await answered(MemoryBus(), *others[:2_050], KEYED, *others[2_050:])
    assert (await log(bus, most=4_000).find("acme", KEYED)).answer.id == KEYED


@pytest.mark.parametrize("command", [KEYED, uuid7()], ids=["of a key", "of a time"])
async def test_a_search_that_was_cut_short_does_not_say_that_there_is_nothing(command):
    bus = await answered(MemoryBus(), *(uuid7() for _ in range(20)))
    with pytest.raises(Problem) as raised:
        await log(bus, most=10).find("acme", command)
    assert raised.value.code == "unavailable"


@pytest.mark.parametrize("command", [KEYED, uuid7()], ids=["of a key", "of a time"])
@pytest.mark.parametrize("where", ["the bus", "memory"])
async def test_a_check_of_a_scene_comes_to_what_it_found(command, where):
    bus, ledger = await answered(MemoryBus()), Ledger()
    outcomes = SimOutcomes(bus, PREFIX, SystemClock(), ledger)
    found = examples.load("SceneValidated")["full"]
    for record in (ControlAccepted("ValidateScene", found.scene, found.name, 1), found):
        await said(bus, command, record)
        if where == "memory":
            outcomes.apply(bus.records(topic("control.events").physical(PREFIX))[-1])
            shown = command_view(
                command, Found(next((s.record for s in ledger.answers("acme", command)), None))
            )
            assert shown["status"] == ("pending" if record is not found else "accepted")
    shown = command_view(
        command, await log(Away() if where == "memory" else bus, ledger).find("acme", command)
    )
    assert (shown["status"], shown["type"], shown["ok"]) == ("accepted", "ValidateScene", found.ok)
    assert [each["code"] for each in shown["findings"]] == [each.code for each in found.findings]


async def test_an_id_older_than_an_hour_is_unknown_without_a_search():
    assert await log(Away()).find("acme", uuid7(1_700_000_000_000_000_000)) is None


async def test_waiting_for_a_turn_ends(monkeypatch):
    monkeypatch.setattr("api_gateway.adapters.command_log._MAX_S", 0.05)
    bus = await answered(MemoryBus())
    hanging = log(bus)
    await hanging._turns.acquire()
    await hanging._turns.acquire()
    with pytest.raises(Problem) as raised:
        await hanging.find("acme", KEYED)
    assert raised.value.code == "unavailable"


async def test_one_organisation_has_one_turn_at_a_time():
    bus = await answered(Counted())
    waiting = log(bus)
    own = waiting._own.setdefault("acme", asyncio.Lock())
    async with own:
        asked = asyncio.ensure_future(waiting.find("acme", KEYED))
        assert await waiting.find("rival", KEYED) is None
        assert not asked.done()
        before = bus.readers
    assert await asked is None
    assert bus.readers > before
