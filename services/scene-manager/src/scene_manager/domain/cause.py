"""Who asked for what, and why something is done, for those who follow a chain of records back."""

from __future__ import annotations

from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class Asked:
    """The circumstances of a command.

    Attributes:
        id: identity of the command; a repeated one has the same.
        key: key of the command's record, for an answer that concerns nothing known.
        at_ns: now, in ns since the Unix epoch.
    """

    id: str
    key: str
    at_ns: int
    cause: Cause

    @property
    def org(self) -> str:
        """The organisation that it is asked for."""
        return self.cause.org

    @property
    def actor(self) -> str:
        """Who asks."""
        return self.cause.actor
