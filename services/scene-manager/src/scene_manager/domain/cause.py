"""Who asked for what, and why something is done, for those who follow a chain of records back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

from scene_manager.domain.revision import Made


@dataclass(frozen=True, slots=True)
class Cause:
    """What led to an effect.

    Attributes:
        org: the organisation concerned.
        actor: who asked for it.
        correlation_id: names the whole conversation; None begins one.
        causation_id: the record that led to it, or None.
        traceparent, tracestate: W3C trace context, or None.
    """

    org: str
    actor: str
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None
    tracestate: str | None = None


@dataclass(frozen=True)
class Note:
    """Under what a command is noted as handled, and where its answer goes when it comes again.

    A repeat comes from the same organisation: ids follow from idempotency keys, and another organisation that
    computes one must neither keep the command out nor be given its answer. Within it anybody who may give the
    command may repeat it, as whoever sends a dead letter again does.

    Attributes:
        id: the command's.
        org: its sender's organisation, as proven.
        digest: a command with another content isn't a repeat but a conflict.
        reply_to: partition of `bus.replies`, or None.
        correlation_id: key of the answer there.
    """

    id: str
    org: str = ""
    digest: str | None = None
    reply_to: int | None = None
    correlation_id: str = ""

    @cached_property
    def key(self) -> str:
        """What it is kept under: one for each organisation and id, and never a UUID."""
        return hashlib.sha256(json.dumps([self.org, self.id]).encode()).hexdigest()

    def conflicts(self, digest: str | None) -> bool:
        """Whether what was noted is something else; what is unknown doesn't conflict."""
        return None not in (digest, self.digest) and digest != self.digest


@dataclass(frozen=True, slots=True)
class Asked:
    """The circumstances of a command.

    Attributes:
        id: identity of the command; a repeated one has the same.
        key: key of the command's record, for an answer that concerns nothing known.
        at_ns: now, in ns since the Unix epoch.
        role: by which the asker may do it.
        reply_to: partition of `bus.replies` on which the answer is waited for, or None.
        digest: names the content of the request; None: not compared.
        noted_as: under what it is noted as handled; None: its id.
    """

    id: str
    key: str
    at_ns: int
    cause: Cause
    role: str = ""
    reply_to: int | None = None
    digest: str | None = None
    noted_as: str | None = None

    @property
    def org(self) -> str:
        """The organisation that it is asked for."""
        return self.cause.org

    @property
    def actor(self) -> str:
        """Who asks."""
        return self.cause.actor

    @property
    def note(self) -> Note:
        """Under what it is noted as handled."""
        return Note(
            self.noted_as or self.id,
            self.org,
            self.digest,
            self.reply_to,
            self.cause.correlation_id or self.id,
        )

    def made(self, reason: str) -> Made:
        """Where a revision comes from that this leads to."""
        return Made(self.actor, self.at_ns, self.id, reason)
