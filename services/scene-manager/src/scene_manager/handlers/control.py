"""The handlers of `control.commands`, as the runner calls them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from scene_manager.domain.cause import Asked, Cause
from scene_manager.domain.decision import Decision
from scene_manager.domain.ports import Encode, Transaction, UnitOfWork
from scene_manager.errors import Refused
from scene_manager.handlers.answering import answer
from scene_manager.handlers.create_twin import Creation, create_twin
from scene_manager.handlers.scenes import register_scene_version
from scene_manager.handlers.twins import delete_twin, start_twin, stop_twin
from twin_common import metrics_table as m
from twin_common.clock import Clock
from twin_common.metrics import Metrics
from twin_common.runner import Handler, Message
from twin_schemas.record import Record
from twin_schemas.records.create_twin import CreateTwin
from twin_schemas.records.delete_twin import DeleteTwin
from twin_schemas.records.register_scene_version import RegisterSceneVersion
from twin_schemas.records.start_twin import StartTwin
from twin_schemas.records.stop_twin import StopTwin

Decider = Callable[[Any, Asked, Transaction], Awaitable[Decision]]

_MAX_KEY = 200


@dataclass(frozen=True, slots=True)
class Rules:
    """What the deployment allows.

    Attributes:
        organization: the one organisation that is served.
        creation: engines and the pool for new twins.
        max_scene_bytes: larger scene files are refused.
    """

    organization: str
    creation: Creation
    max_scene_bytes: int


def control_handlers(
    rules: Rules, work: UnitOfWork, encode: Encode, clock: Clock, metrics: Metrics
) -> Mapping[type[Record], Handler]:
    """A handler for every command."""
    deciders: dict[type[Record], Decider] = {
        RegisterSceneVersion: partial(register_scene_version, max_bytes=rules.max_scene_bytes),
        CreateTwin: partial(create_twin, creation=rules.creation),
        StartTwin: start_twin,
        StopTwin: stop_twin,
        DeleteTwin: delete_twin,
    }

    def handler(decider: Decider) -> Handler:
        async def handle(command: Any, message: Message) -> None:
            name = type(command).__name__
            asked = asked_of(message, clock.now_ns())

            async def decide(tx: Transaction) -> Decision:
                try:
                    if asked.org != rules.organization:
                        raise Refused("forbidden", f"organization {asked.org[:80]!r} isn't served here")
                    return await decider(command, asked, tx)
                except Refused as refused:
                    metrics.count(m.CONTROL_REFUSED, type=name, code=refused.code)
                    raise

            await answer(name, asked, decide, work, encode)

        return handle

    return {command: handler(decider) for command, decider in deciders.items()}


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
