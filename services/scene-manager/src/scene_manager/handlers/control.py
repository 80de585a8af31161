"""The handlers of `control.commands`, as the runner calls them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from scene_manager.domain.cause import Asked, Cause
from scene_manager.domain.decision import Decision
from scene_manager.domain.ports import Encode, Transaction, UnitOfWork
from scene_manager.errors import Refused
from scene_manager.handlers.answering import answer
from scene_manager.handlers.command import Command
from scene_manager.handlers.create_twin import Creation, create_twin
from scene_manager.handlers.scenes import SceneRules, scene_commands
from scene_manager.handlers.twins import delete_twin, start_twin, stop_twin
from twin_common import metrics_table as m
from twin_common.clock import Clock
from twin_common.metrics import Metrics
from twin_common.runner import Handler, Message
from twin_schemas.record import Record
from twin_schemas.records.create_twin import CreateTwin
from twin_schemas.records.delete_twin import DeleteTwin
from twin_schemas.records.start_twin import StartTwin
from twin_schemas.records.stop_twin import StopTwin

_MAX_KEY = 200


@dataclass(frozen=True, slots=True)
class Rules:
    """What the deployment allows.

    Attributes:
        organization: the one organisation that is served.
        creation: engines and the pool for new twins.
        scenes: what may become a scene version.
    """

    organization: str
    creation: Creation
    scenes: SceneRules


def control_handlers(
    rules: Rules, work: UnitOfWork, encode: Encode, clock: Clock, metrics: Metrics
) -> Mapping[type[Record], Handler]:
    """A handler for every command."""
    commands: dict[type[Record], Command] = {
        CreateTwin: Command("twins.create", partial(create_twin, creation=rules.creation)),
        StartTwin: Command("twins.start", start_twin),
        StopTwin: Command("twins.stop", stop_twin),
        DeleteTwin: Command("twins.delete", delete_twin),
        **scene_commands(rules.scenes),
    }

    def handler(kind: Command) -> Handler:
        async def handle(command: Any, message: Message) -> None:
            name = type(command).__name__
            asked = asked_of(message, clock.now_ns())
            prepared = await kind.prepare(command, asked) if kind.prepare else None

            async def decide(tx: Transaction) -> Decision:
                try:
                    if asked.org != rules.organization:
                        raise Refused("forbidden", f"organization {asked.org[:80]!r} isn't served here")
                    return await kind.decision(command, asked, tx, prepared)
                except Refused as refused:
                    metrics.count(m.CONTROL_REFUSED, type=name, code=refused.code)
                    raise

            await answer(name, asked, decide, work, encode)

        return handle

    return {command: handler(kind) for command, kind in commands.items()}


def asked_of(message: Message, now_ns: int) -> Asked:
    """The circumstances of a command, from its envelope."""
    envelope = message.envelope
    key = (message.origin.key or b"").decode(errors="replace")
    cause = Cause(
        org=envelope.org,
        actor=_kept(envelope.actor or envelope.source),
        correlation_id=envelope.correlation_id,
        causation_id=envelope.id,
        traceparent=envelope.traceparent,
        tracestate=envelope.tracestate,
    )
    return Asked(envelope.id, _kept(key) or envelope.id, now_ns, cause)


def _kept(text: str) -> str:
    """A foreign text as PostgreSQL can keep it: it has no NUL."""
    return text.replace("\0", "\ufffd")[:_MAX_KEY]
