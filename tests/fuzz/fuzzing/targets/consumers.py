"""What reads each topic in production, as far as it needs no broker and no database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import orjson

from api_gateway.adapters.ledger import Ledger
from api_gateway.adapters.letters import BusLetters
from api_gateway.adapters.read_model import BusReadModel
from api_gateway.adapters.replies import Replies
from api_gateway.domain import scene_view
from fuzzing.refusal import Refusal
from fuzzing.targets.journals import Journals, predicted, tailed
from sync_engine.domain.limits import Limits
from sync_engine.domain.session import TwinSession
from sync_engine.errors import CommandRejected
from twin_common.bus.memory import MemoryBus
from twin_common.bus.types import Record as BusRecord
from twin_common.clock import SystemClock
from twin_common.definition import TwinDefinition
from twin_schemas import codec, examples
from twin_schemas.catalogue import catalogue, topic
from twin_schemas.jsonform import to_json
from twin_schemas.record import Record

Consumer = Callable[[Record], None]
_PREFIX = "fuzz"
_TWIN = "0190a1b2-0000-7000-8000-000000000001"


def _shown(record: Record) -> None:
    """What tools show of any record."""
    orjson.dumps(to_json(record))


def _record(place: str, key: str, record: Record) -> BusRecord:
    headers = (("ce_causationid", _TWIN.encode()), ("ce_org", b"local"))
    return BusRecord(topic(place).physical(_PREFIX), 0, 0, key.encode(), codec.encode(record), headers, 0)


def _books(place: str, key: str) -> Callable[[], Consumer]:
    """The gateway's read model, and what it shows of the twin or scene then."""

    def make() -> Consumer:
        model = BusReadModel(MemoryBus(), _PREFIX, SystemClock(), 1.0)
        spec = examples.load("TwinSpec")["full"]
        model.apply(_record("twin.specs", _TWIN, replace(cast("Any", spec), twin=_TWIN, org="local")))

        def consume(record: Record) -> None:
            skipped = model.skipped
            about = {name: _TWIN for name in ("twin", "scene") if hasattr(record, name)}
            record = replace(cast("Any", record), **about)
            model.apply(_record(place, f"{_TWIN}{key}", record))
            if model.skipped > skipped:
                raise Refusal("skipped")
            if (entry := model.twin_by_id(_TWIN)) is not None:
                assert entry.body
                assert entry.summary
                assert entry.etag
            for org in {getattr(record, "org", "local"), "local"}:
                for scene in model.scenes(org, None, 10):
                    orjson.dumps([scene_view.summary(scene), scene_view.whole(scene)])

        return consume

    return make


def _letters() -> Consumer:
    letters = BusLetters(MemoryBus(), _PREFIX, SystemClock(), 1.0)

    def consume(record: Record) -> None:
        letters.apply(_record("dead.letter", "", record))

    return consume


def _replies() -> Consumer:
    replies = Replies(MemoryBus(), _PREFIX, SystemClock(), Ledger(), 0)

    def consume(record: Record) -> None:
        replies.apply(_record("bus.replies", "", record))
        _shown(record)

    return consume


def _commands() -> Consumer:
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
    **dict.fromkeys(catalogue(), lambda: _shown),
    "twin.specs": _books("twin.specs", ""),
    "twin.status": _books("twin.status", "/sim"),
    "scene.versions": _books("scene.versions", "/1"),
    "dead.letter": _letters,
    "bus.replies": _replies,
    "sim.journal": lambda: Journals().consume,
    "sim.checkpoints": lambda: Journals().restore,
    "sim.predictions": predicted,
    "sim.commands": _commands,
}
"""By topic; those of which nobody here makes anything are shown as JSON."""
