"""What became of commands, as those hear it who sent them: the gateway and a client."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial

from api_gateway.adapters.asking_sim import SimOutcomes
from api_gateway.adapters.command_log import BusCommandLog
from api_gateway.adapters.ledger import Ledger
from api_gateway.adapters.replies import Replies
from api_gateway.domain import scene_view
from api_gateway.domain.commands import Found, command_view
from api_gateway.domain.live import applied_view, refusal_of, state_view
from api_gateway.domain.question import Question
from api_gateway.domain.refusals import problem_of
from api_gateway.errors import Problem
from api_gateway.handlers.answers import json_answer
from api_gateway.handlers.problems import answer
from fuzzing.refusal import Refusal, in_turn, refusing
from fuzzing.targets.surroundings import PREFIX, TWIN, Consumer, a_bus, as_read, at_home, put, waiting
from hanzo_twin.bus.control import COMMANDS, EVENTS, Control
from hanzo_twin.bus.topics import Topics
from hanzo_twin.errors import HanzoTwinError
from twin_common.bus.envelope import Envelope
from twin_common.bus.memory import MemoryBus
from twin_common.bus.types import Headers
from twin_common.clock import SystemClock
from twin_common.ids import uuid7
from twin_schemas.record import Record
from twin_schemas.records import (
    CommandApplied,
    CommandRefused,
    ControlAccepted,
    ControlRefused,
    RequestRefused,
    SceneValidated,
    StartTwin,
    TwinState,
)

_ORG, _ACTOR, _REQUEST = "acme", "ann", "mine"
_SENT = (COMMANDS, "sim.commands")


def events() -> Consumer:
    """Of `control.events`."""

    async def consume(record: Record) -> None:
        command = uuid7()
        said = at_home(record, twin=TWIN, command_id=command)
        question = Question(command, _REQUEST, _ORG, _ACTOR)
        headers = tuple(_headers(type(said).__name__, question))
        await in_turn(
            partial(_waited_for, question, said, headers),
            partial(_looked_up, question, said, headers),
            partial(_answered, said),
        )

    return waiting(consume)


def replies() -> Consumer:
    """Of `bus.replies`."""

    async def consume(record: Record) -> None:
        question = Question(uuid7(), _REQUEST, _ORG, _ACTOR)
        heard = Replies(MemoryBus(), PREFIX, SystemClock(), Ledger(), 0)
        with heard.expecting(question) as coming:
            headers = tuple(_headers(type(record).__name__, question))
            heard.apply(as_read("bus.replies", _REQUEST, record, headers))
            said = coming.result() if coming.done() else None
        json_answer(command_view(question.command, Found(said)))
        match said:
            case TwinState():
                json_answer(state_view(said))
            case SceneValidated():
                json_answer(scene_view.validation(said))
            case RequestRefused():
                _told(refusal_of(said))
            case ControlRefused():
                _told(problem_of(said))
            case _:
                assert said is not None

    return waiting(consume)


def _headers(kind: str, question: Question) -> Iterable[tuple[str, bytes]]:
    yield "ce_type", kind.encode()
    yield "ce_causationid", question.command.encode()
    yield "ce_correlationid", question.request_id.encode()
    yield "ce_org", question.org.encode()


async def _waited_for(question: Question, said: Record, headers: Headers) -> None:
    """The gateway waits for what becomes of a command to a running twin, and shows it."""
    bus = await a_bus(EVENTS, *_SENT)
    ledger, clock = Ledger(), SystemClock()
    outcomes = SimOutcomes(bus, PREFIX, clock, ledger)
    outcomes.follower.begun.set()
    ledger.sent(question, "SetRate")
    with outcomes.expecting(question) as outcome:
        outcomes.apply(as_read(EVENTS, TWIN, said, headers))
        match outcome.result() if outcome.done() else said:
            case CommandApplied() as applied:
                json_answer(applied_view(applied))
            case CommandRefused() as refused:
                _told(refusal_of(refused))
            case ControlRefused() as refused:
                _told(problem_of(refused))
    found = await BusCommandLog(bus, PREFIX, ledger, clock).find(question.org, question.command)
    json_answer(command_view(question.command, found))


def _told(problem: Problem) -> None:
    answer(problem, "/v1/twins/cart", "")
    raise Refusal(f"problem_{problem.status}")


async def _looked_up(question: Question, said: Record, headers: Headers) -> None:
    """Another gateway finds it by reading the topic, for who asks later."""
    bus = await a_bus(EVENTS, *_SENT)
    await put(bus, EVENTS, TWIN, said, headers)
    with refusing(Problem):
        log = BusCommandLog(bus, PREFIX, Ledger(), SystemClock())
        found = await log.find(question.org, question.command)
        await log.repeated(question, 0, thorough=True)
    json_answer(command_view(question.command, found))


async def _answered(said: Record) -> None:
    """A client takes it for its answer, or goes on waiting."""
    bus = await a_bus(EVENTS, COMMANDS)
    topics = Topics(PREFIX)
    async with await bus.producer() as producer:
        control = await Control.open(bus, topics, producer, org=_ORG, source=_ACTOR)
        asking = asyncio.create_task(control.ask(StartTwin(TWIN), TWIN))
        while not (asked := bus.records(topics.name(COMMANDS))):  # noqa: ASYNC110
            await asyncio.sleep(0)
        command = Envelope.parse(asked[0].headers)
        for each in (said, ControlAccepted("StartTwin", TWIN, "cart", 1)):
            headers = command.caused(type=type(each).__name__, source="fuzz").headers()
            await put(bus, EVENTS, TWIN, each, headers)
        with refusing(HanzoTwinError):
            await asking
        await control.close()
