"""What should run, as everybody reads it who shows it or makes it so."""

from __future__ import annotations

import random

from fuzzing.refusal import Refusal, in_turn
from fuzzing.targets.books import book_of
from fuzzing.targets.documents import DEFINITION, meant, usual
from fuzzing.targets.journals import SCENE
from fuzzing.targets.surroundings import PREFIX, TWIN, Consumer, a_bus, a_spec, at_home, put, waiting
from fuzzing.targets.syncing import synced
from fuzzing.targets.working import worked_on
from hanzo_twin.bus.directory import Directory
from hanzo_twin.bus.topics import Topics
from twin_common.blobs import digest_of
from twin_common.bus.memory import MemoryBus
from twin_common.definition import TwinDefinition
from twin_schemas.records import Desired, TwinSpec

_PLACES = ("twin.specs", "twin.status", "sim.commands")


def specs() -> Consumer:
    """Of `twin.specs`."""
    good = TwinDefinition.model_validate(DEFINITION).canonical_json()
    digest = digest_of(SCENE.read_bytes())
    show = book_of("twin.specs", "")
    before = a_spec(definition=good, scene_digest=digest, pending_definition=None)

    async def consume(record: TwinSpec) -> None:
        rng = random.Random(repr(record))
        said: TwinSpec = at_home(
            record, twin=TWIN, org="local", name="cart", revision=2, desired=Desired.RUNNING, pool="default",
            partition=0, scene_digest=digest, seed=7, definition=usual(rng, DEFINITION),
        )  # fmt: skip
        said.definition = meant(rng, said.definition, DEFINITION)
        first, then = await _bus(before), await _bus(said)
        await in_turn(
            lambda: _shown(show, said),
            lambda: _listed(then),
            lambda: worked_on(then),
            lambda: synced(first, then),
            lambda: synced(then),
        )

    return waiting(consume)


async def _bus(spec: TwinSpec) -> MemoryBus:
    bus = await a_bus(*_PLACES)
    await put(bus, "twin.specs", TWIN, spec)
    return bus


async def _shown(show: Consumer, spec: TwinSpec) -> None:
    """The gateway."""
    show(spec)


async def _listed(bus: MemoryBus) -> None:
    """A client."""
    directory = Directory(bus, Topics(PREFIX))
    if [each.spec.twin for each in await directory.reported()] != [TWIN]:
        raise Refusal("of_others")
