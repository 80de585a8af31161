"""Who asks, and whether they may."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Final

from scene_manager.domain.cause import Asked, Cause
from scene_manager.domain.outbox import REPLIES
from scene_manager.errors import Refused
from twin_common import telemetry
from twin_common.identity import Denied, Forbidden, Guard, Principal
from twin_common.runner import Message
from twin_schemas.catalogue import topic

_MAX_TEXT: Final = 200
_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "hanzo.twin/denied")


@dataclass(frozen=True, slots=True)
class Denial:
    """A command that its sender may not give.

    Attributes:
        asked: its circumstances, as far as they are proven.
        refused: what the sender is told.
    """

    asked: Asked
    refused: Refused


async def admit(message: Message, action: str, guard: Guard, now_ns: int) -> Asked | Denial:
    """The circumstances of a command from somebody who may give it.

    Tokens are judged at the moment in which the broker took the command, however late it is handled.

    Raises:
        IssuerUnreachable: nothing is known about the sender now; try again.
    """
    envelope = message.envelope
    at_ns = message.origin.timestamp_ms * 1_000_000
    asked = asked_of(message, now_ns)
    try:
        who = await guard.check(envelope.token, envelope.org, action, at_ns, actor=asked.actor)
    except Denied as denied:
        # It isn't noted under its own id: a guessed one must not keep the rightful sender's command out.
        asked = replace(asked, noted_as=_place(message))
        code = "forbidden" if isinstance(denied, Forbidden) else "unauthenticated"
        return Denial(await _proven(asked, envelope.token, guard, at_ns), Refused(code, str(denied)))
    return _by(asked, who)


async def _proven(asked: Asked, token: str | None, guard: Guard, at_ns: int) -> Asked:
    """The same in the sender's own name as far as it is proven; of other organisations nobody is named."""
    try:
        who = await guard.authenticate(token, at_ns)
    except Denied:
        who = None
    if who is None or who.org != asked.org:
        return replace(asked, role="", cause=replace(asked.cause, actor=""))
    return _by(asked, who)


def _by(asked: Asked, who: Principal) -> Asked:
    return replace(asked, role=who.role, cause=replace(asked.cause, actor=_kept(who.actor)))


def asked_of(message: Message, now_ns: int) -> Asked:
    """The circumstances of a command as its envelope claims them."""
    envelope = message.envelope
    key = (message.origin.key or b"").decode(errors="replace")
    cause = Cause(
        org=_kept(envelope.org),
        actor=_kept(envelope.actor or envelope.source),
        correlation_id=_kept(envelope.correlation_id),
        causation_id=envelope.id,
        traceparent=telemetry.current() or envelope.traceparent,
        tracestate=envelope.tracestate,
    )
    return Asked(
        envelope.id,
        _kept(key) or envelope.id,
        now_ns,
        cause,
        reply_to=_partition(envelope.reply_to),
        digest=None if envelope.request_digest is None else _kept(envelope.request_digest),
    )


def _partition(reply_to: int | None) -> int | None:
    """A partition that there is: an answer to any other would hold up everything behind it for ever."""
    return reply_to if reply_to is not None and reply_to < topic(REPLIES).partitions else None


def _place(message: Message) -> str:
    """An id for a record by where it lies, the same whenever it is read."""
    origin = message.origin
    return str(uuid.uuid5(_NAMESPACE, f"{origin.topic}/{origin.partition}/{origin.offset}"))


def _kept(text: str) -> str:
    """A foreign text as PostgreSQL can keep it: it has no NUL."""
    return text.replace("\0", "\ufffd")[:_MAX_TEXT]
