"""What a handler is given beside the record itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from twin_common.bus.envelope import Envelope
from twin_common.bus.types import Record


@dataclass(frozen=True, slots=True)
class Message:
    """A record on its way through a handler.

    Attributes:
        envelope: who sent it, when, and because of what.
        origin: the raw record: topic, partition, offset, key and the broker's append time.
        attempt: 1 on the first try.
    """

    envelope: Envelope
    origin: Record
    attempt: int = 1

    @property
    def id(self) -> str:
        """The record's `ce_id`: a handler is idempotent on it."""
        return self.envelope.id

    @property
    def org(self) -> str:
        """The organisation on whose behalf."""
        return self.envelope.org


Confirmation = Callable[[], Awaitable[None]]
"""Returns once the effect of a record that was handled counts for good; raises `Busy` or `Retryable` where
it doesn't."""

Handler = Callable[[Any, Message], Awaitable[Confirmation | None]]
"""Handles one record of one type: `await handler(record, message)`.

It returns once the effect is durable, or raises `Retryable` (tried again), `Rejected` (dead letter), `Busy`
(its partition waits) or anything else (the process stops). Where only the future tells whether the effect counts, it
returns what to wait for: the next records are handled meanwhile, and none from this one on is committed. If it
doesn't count, this record and those behind it are handled again, in their order.
"""
