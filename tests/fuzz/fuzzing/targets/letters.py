"""Dead letters, as the gateway lists them, opens them and sends them again."""

from __future__ import annotations

from api_gateway.adapters.letters import BusLetters
from api_gateway.domain.caller import Caller
from api_gateway.domain.letters import LetterId, Viewer
from api_gateway.errors import Problem
from api_gateway.handlers import dead_letters
from api_gateway.handlers.answers import json_answer
from fuzzing.refusal import Refusal, refusing
from fuzzing.targets.surroundings import PREFIX, Consumer, a_bus, at_home, put, waiting
from twin_common.clock import SystemClock
from twin_common.identity import Principal
from twin_schemas import examples
from twin_schemas.catalogue import topic
from twin_schemas.record import Record
from twin_schemas.records import DeadLetter

_ORG = "acme"
_CALLER = Caller(Principal(_ORG, "ann", "twin-admin"), "dead_letters.redrive", None, "", "POST", "/")
_COMMANDS = topic("control.commands").physical(PREFIX)


def letters() -> Consumer:
    """Of `dead.letter`."""
    good = examples.load("DeadLetter")["full"]

    async def consume(record: Record) -> None:
        bus = await a_bus("dead.letter", "control.commands")
        said = at_home(record, org=_ORG, topic=_COMMANDS, partition=0, offset=0)
        found = BusLetters(bus, PREFIX, SystemClock(), 1.0)
        for each in (said,) if isinstance(said, DeadLetter) else (good, said):
            await put(bus, "dead.letter", "", each)
        for read in bus.records(topic("dead.letter").physical(PREFIX)):
            found.apply(read)
        found.follower.caught_up.set()
        viewer = Viewer(_ORG, ownerless=True)
        page = found.page(viewer, None, None, 10)
        json_answer([dead_letters._shown(letter) for letter in page])
        letter = await found.find(viewer, LetterId(0, 0))
        if letter is None:
            raise Refusal("of_others")
        content = await found.content(letter)
        assert content is not None
        json_answer(dead_letters._opened(content))
        with refusing(Problem):
            json_answer((await found.redrive(_CALLER, letter, content))._asdict())

    return waiting(consume)
