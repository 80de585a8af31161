"""The handlers of `control.commands`, as the runner calls them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from scene_manager.domain.audit import denied
from scene_manager.domain.cause import Asked
from scene_manager.domain.decision import Decision
from scene_manager.domain.ports import Encode, Transaction, UnitOfWork
from scene_manager.errors import Refused
from scene_manager.handlers.access import Denial, admit
from scene_manager.handlers.answering import Answers
from scene_manager.handlers.command import Command
from scene_manager.handlers.create_twin import Creation, create_twin
from scene_manager.handlers.scenes import SceneRules, scene_commands
from scene_manager.handlers.twins import Running, delete_twin, start_twin, stop_twin
from scene_manager.handlers.update_twin import update_twin
from twin_common import metrics_table as m
from twin_common.clock import Clock
from twin_common.errors import StoreUnreachable
from twin_common.identity import Guard
from twin_common.metrics import Metrics
from twin_common.runner import Handler, Message
from twin_schemas.record import Record
from twin_schemas.records.create_twin import CreateTwin
from twin_schemas.records.delete_twin import DeleteTwin
from twin_schemas.records.start_twin import StartTwin
from twin_schemas.records.stop_twin import StopTwin
from twin_schemas.records.update_twin import UpdateTwin


@dataclass(frozen=True, slots=True)
class Rules:
    """What the deployment allows.

    Attributes:
        creation: what new twins may be.
        running: how many may run.
        scenes: what may become a scene version.
    """

    creation: Creation
    running: Running
    scenes: SceneRules

    @property
    def commands(self) -> Mapping[type[Record], Command]:
        """Every command, with what is needed for it."""
        update = partial(update_twin, definitions=self.creation.definitions)
        return {
            CreateTwin: Command("twins.create", partial(create_twin, creation=self.creation)),
            UpdateTwin: Command("twins.update", update),
            StartTwin: Command("twins.start", partial(start_twin, running=self.running)),
            StopTwin: Command("twins.stop", stop_twin),
            DeleteTwin: Command("twins.delete", delete_twin),
            **scene_commands(self.scenes),
        }


class Control:
    """Takes commands from those who may give them, and answers every one.

    Args:
        rules: what the deployment allows.
        work: keeps what is decided.
        encode: for what follows.
        guard: knows who asks.
        clock: says when.
        metrics: counts refusals.
    """

    def __init__(
        self, rules: Rules, work: UnitOfWork, encode: Encode, guard: Guard, clock: Clock, metrics: Metrics
    ) -> None:
        self._commands = rules.commands
        self._scenes = scene_commands(rules.scenes).keys()
        self._work = work
        self._answers = Answers(work, encode)
        self._guard = guard
        self._clock = clock
        self._metrics = metrics

    @property
    def twins(self) -> Mapping[type[Record], Handler]:
        """A handler for every command that is decided at once."""
        return dict.fromkeys(self._commands.keys() - self.scenes.keys(), self._handle)

    @property
    def scenes(self) -> Mapping[type[Record], Handler]:
        """A handler for every command about a scene, which may wait for its check."""
        return dict.fromkeys(self._scenes, self._handle)

    async def _handle(self, command: Any, message: Message) -> None:
        kind, name = self._commands[type(command)], type(command).__name__
        asked = await admit(message, kind.action, self._guard, self._clock.now_ns())
        if isinstance(asked, Denial):
            self._count(name, asked.refused)
            audit = denied(kind.action, asked.asked, asked.asked.key, asked.refused.code)
            await self._answers.deny(name, asked.asked, asked.refused, audit)
            return
        prepared = await self._prepared(kind, command, asked)

        async def decide(tx: Transaction) -> Decision:
            try:
                if isinstance(prepared, Refused):
                    raise prepared
                return await kind.decision(command, asked, tx, prepared)
            except Refused as refused:
                self._count(name, refused)
                raise

        await self._answers.answer(name, kind.action, asked, decide)
        if kind.finish is not None:
            with suppress(StoreUnreachable):
                await kind.finish(command, asked, prepared)

    async def _prepared(self, kind: Command, command: Any, asked: Asked) -> Any:
        """What the command needs before its transaction, or why it is refused; nothing for a repeated one."""
        if kind.prepare is None or await self._work.known(asked.note):
            return None
        try:
            return await kind.prepare(command, asked)
        except Refused as refused:
            return refused

    def _count(self, name: str, refused: Refused) -> None:
        self._metrics.count(m.CONTROL_REFUSED, type=name, code=refused.code)
