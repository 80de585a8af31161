"""What reads each topic in production, as far as it needs no broker and no database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, cast

import orjson

from api_gateway.adapters.ledger import Ledger
from api_gateway.adapters.letters import BusLetters
from api_gateway.adapters.replies import Replies
from fuzzing.refusal import Refusal
from fuzzing.targets.archives import keyframes, sealed
from fuzzing.targets.books import book_of
from fuzzing.targets.checkpoints import checkpoints
from fuzzing.targets.control_commands import commands
from fuzzing.targets.control_events import events
from fuzzing.targets.journals import Journals, predicted, tailed
from fuzzing.targets.predictions import horizons, public
from fuzzing.targets.requests import questions
from fuzzing.targets.specs import specs
from fuzzing.targets.statuses import statuses
from fuzzing.targets.surroundings import PREFIX, Consumer, as_read
from fuzzing.targets.trail import decisions
from sync_engine.domain.limits import Limits
from sync_engine.domain.session import TwinSession
from sync_engine.errors import CommandRejected
from twin_common.bus.memory import MemoryBus
from twin_common.clock import SystemClock
from twin_common.definition import TwinDefinition
from twin_schemas import codec, examples
from twin_schemas.catalogue import PUBLIC
from twin_schemas.jsonform import to_json
from twin_schemas.record import Record


def _letters() -> Consumer:
    letters = BusLetters(MemoryBus(), PREFIX, SystemClock(), 1.0)

    def consume(record: Record) -> None:
        letters.apply(as_read("dead.letter", "", record))

    return consume


def _replies() -> Consumer:
    replies = Replies(MemoryBus(), PREFIX, SystemClock(), Ledger(), 0)

    def consume(record: Record) -> None:
        replies.apply(as_read("bus.replies", "", record))
        orjson.dumps(to_json(record))

    return consume


def _sequenced() -> Consumer:
    """The sync engine's sequencer."""
    definition = TwinDefinition.model_validate(
        {
            "name": "arm",
            "scene": {"uri": "a.usda"},
            "engine": {"type": "mujoco"},
            "sync": {"mode": "standalone"},
        }
    )
    genesis = Journals().genesis
    spec = replace(
        cast("Any", examples.load("TwinSpec")["full"]), twin=genesis.twin, org=genesis.org, name=genesis.name
    )

    def consume(record: Record) -> None:
        session = TwinSession(spec, definition, tailed(), "fuzz", Limits())
        now = genesis.grid.time_ns + 5_000_000_000
        try:
            session.tail.observe(10_000, session.acquire(now, 5))
            written = session.own(now)
            if type(record).__name__ == "IncarnationRequested":
                written += session.incarnate(
                    replace(cast("Any", record), org=genesis.org, name=genesis.name), now
                )
            else:
                written += session.command(
                    cast("Any", replace(cast("Any", record), twin=genesis.twin)), 5, genesis.org, None
                )
            written += session.advance(now + 1_000_000_000)
        except CommandRejected as rejected:
            raise Refusal(rejected.code) from rejected
        except ValueError as error:  # the twin is given up, and no other
            raise Refusal("journal_unusable") from error
        for said in written:
            codec.encode(said)

    return consume


CONSUMERS: dict[str, Callable[[], Consumer]] = {
    PUBLIC: public,
    "audit.log": decisions,
    "bus.replies": _replies,
    "control.commands": commands,
    "control.events": events,
    "dead.letter": _letters,
    "scene.versions": partial(book_of, "scene.versions", "/1"),
    "sim.checkpoints": checkpoints,
    "sim.commands": _sequenced,
    "sim.horizons": horizons,
    "sim.journal": lambda: Journals().consume,
    "sim.keyframes": keyframes,
    "sim.predictions": predicted,
    "sim.requests": questions,
    "sim.sealed": sealed,
    "twin.specs": specs,
    "twin.status": statuses,
}
"""By topic of the catalogue, and of the family of public ones."""
