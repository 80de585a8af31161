"""A control plane that has something, over what is as strict as PostgreSQL, and delivers to a bus in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import fields
from functools import cache, partial

from fuzzing.targets.database import StrictWork
from fuzzing.targets.documents import DEFINITION
from fuzzing.targets.surroundings import PREFIX, a_bus, metrics
from scene_manager.adapters.delivery import BusDelivery
from scene_manager.adapters.encoding import Encoder
from scene_manager.domain.outbox import Entry
from scene_manager.handlers.control import Control
from scene_manager.handlers.scene_deletion import remove_unnamed
from scene_manager.settings import rules_of
from scene_manager.testing import Store
from scene_manager.testing.scene_files import TrustingFiles
from scene_manager.testing.store import Tables
from twin_common.bus.envelope import Envelope
from twin_common.bus.types import Record as BusRecord
from twin_common.clock import SystemClock
from twin_common.identity import OpenGuard
from twin_common.runner import Message
from twin_common.settings import Settings
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.record import Record
from twin_schemas.records import ControlAccepted, CreateTwin, RegisterSceneVersion, SceneUse, StartTwin

ARM, CELL, RESTS, RUNS = "arm", "cell", "rests", "runs"
"""Scenes, of which the second uses the first and has a proposal, and twins."""
DIGESTS = tuple(f"{number:064x}" for number in range(1, 5))
_PLACES = ("control.events", "twin.specs", "twin.status", "scene.versions", "audit.log", "bus.replies")
_SETUP: tuple[Record, ...] = (
    RegisterSceneVersion(ARM, DIGESTS[0], "arm.usda", 10),
    RegisterSceneVersion(CELL, DIGESTS[1], "cell.usdz", 10, uses=[SceneUse("a.usda", ARM, 1, DIGESTS[0])]),
    RegisterSceneVersion(ARM, DIGESTS[2], "arm.usda", 10),
    CreateTwin(json.dumps({**DEFINITION, "name": RESTS}), ARM),
    CreateTwin(json.dumps({**DEFINITION, "name": RUNS}), ARM),
    StartTwin(RUNS),
)


@cache
def furnished() -> Tables:
    """What such a control plane has."""
    return asyncio.run(_furnished())


async def _furnished() -> Tables:
    plane = Plane(Tables())
    for command in _SETUP:
        answer = await plane.ask(command)
        assert isinstance(answer, ControlAccepted), answer
    return plane.store.tables


class Plane:
    """One of one organisation.

    Args:
        tables: what it has; it goes on with a copy.
    """

    def __init__(self, tables: Tables) -> None:
        self.store = Store()
        self.store.tables = Tables(**{item.name: dict(getattr(tables, item.name)) for item in fields(tables)})
        clock = SystemClock()
        self.work, self.encode, self._files = StrictWork(self.store), Encoder(clock), TrustingFiles()
        rules = rules_of(Settings(), self._files, self.work)
        control = Control(rules, self.work, self.encode, OpenGuard("local"), clock, metrics())
        self._handlers = {**control.twins, **control.scenes}

    async def ask(self, command: Record, key: str = "k") -> Record:
        """Have a command decided on and what follows delivered; returns the answer."""
        envelope = Envelope.new(type=type(command).__name__, source="fuzz", org="local", actor=key)
        origin = BusRecord(topic("control.commands").physical(PREFIX), 0, 0, key.encode(), b"", (), 0)
        before = max(self.store.tables.outbox, default=0)
        await self._handlers[type(command)](command, Message(envelope, origin))
        entries = await self.deliver(before)
        (said,) = [each.draft.value for each in entries if each.draft.answers is not None]
        assert said is not None
        return codec.decode(said)

    async def deliver(self, before: int) -> Sequence[Entry]:
        """Do what was decided behind so many entries of the outbox; returns it."""
        entries = [each for number, each in self.store.tables.outbox.items() if number > before]
        bus = await a_bus(*_PLACES)
        remove = partial(remove_unnamed, work=self.work, files=self._files)
        async with await bus.producer() as producer, await bus.admin() as admin:
            delivery = BusDelivery(producer, admin, remove, prefix=PREFIX, replication=None)
            for entry in entries:
                await delivery.deliver(entry.draft)
        return entries
