"""Why something is done, for those who follow a chain of records back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """What led to an effect.

    Attributes:
        org: the organisation concerned.
        actor: who asked for it.
        correlation_id: names the whole conversation.
        causation_id: the record that led to it, or None.
        traceparent: W3C trace context, or None.
    """

    org: str
    actor: str
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None
