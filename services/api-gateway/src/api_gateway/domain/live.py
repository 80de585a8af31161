"""What is asked of running twins, and what of their answers is shown."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from api_gateway.domain.entries import TwinEntry
from api_gateway.domain.moments import rfc3339
from api_gateway.domain.question import Question
from api_gateway.errors import Problem
from twin_schemas.records import CommandApplied, CommandRefused, RequestRefused, TwinPrediction, TwinState

Outcome = CommandApplied | CommandRefused

_CODES: Final[Mapping[str, str]] = {"unknown_twin": "twin_not_found", "not_found": "twin_not_found"}
"""What services call differently from the API."""


class Outcomes(Protocol):
    """What becomes of commands to running twins."""

    def expecting(self, question: Question) -> AbstractContextManager[Awaitable[Outcome]]:
        """The outcome of a command that is about to be sent.

        Raises:
            Problem: `unavailable`: outcomes aren't heard yet; `idempotency_conflict`: the key is another request's.
        """
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that a stream says.

    Attributes:
        event: `open`, the first; `prediction`; `gap` (records that were asked for aren't kept any more); or `end`.
        id: offset of the record, with `open` of what comes before the first one; None: there is none.
        data: what it says.
    """

    event: str
    id: int | None
    data: Mapping[str, Any]


class Stream(Protocol):
    """One twin's predictions, for one reader of them."""

    @property
    def before(self) -> int:
        """What to go on behind when nothing has come yet; -1: begin with the topic's first record."""
        ...

    async def next(self) -> Sequence[Told]:
        """What came since the last call, at most so much at a time; empty when nothing came for a moment."""
        ...

    async def close(self) -> None:
        """Release everything; a second call does nothing."""
        ...


class Streams(Protocol):
    """Predictions of twins."""

    async def open(self, entry: TwinEntry, after: int | None, start: str | None) -> Stream:
        """A twin's predictions as they come; whoever opens it has to close it.

        Args:
            entry: whose.
            after: go on behind this record; None: begin where `start` says.
            start: an offset, `earliest` or `latest`; None: `latest`.

        Raises:
            Problem: `too_many_streams`; `unavailable`: no broker answers, or the stream isn't there yet.
        """
        ...


def state_view(state: TwinState) -> dict[str, Any]:
    """A twin's state."""
    return {
        "twin": state.twin,
        "name": state.name,
        "revision": state.revision,
        "incarnation": state.incarnation,
        "offset": state.offset,
        "tick": state.tick,
        "time": rfc3339(state.time_ns),
        "parameter_version": state.parameter_version,
        "values": state.values,
        "parameters": state.parameters,
        "inputs": state.inputs,
        "digest": state.digest,
    }


def applied_view(applied: CommandApplied) -> dict[str, Any]:
    """When and where a command acted."""
    return {
        "command": applied.command_id,
        "status": "applied",
        "twin": applied.twin,
        "incarnation": applied.incarnation,
        "offset": applied.offset,
        "tick": applied.tick,
        "step": applied.step,
        "time": rfc3339(applied.time_ns),
        "late_ns": applied.late_ns,
    }


def prediction_view(prediction: TwinPrediction) -> dict[str, Any]:
    """A prediction, by channel."""
    return {
        "twin": prediction.twin,
        "name": prediction.name,
        "incarnation": prediction.incarnation,
        "offset": prediction.offset,
        "tick": prediction.tick,
        "time": rfc3339(prediction.time_ns),
        "parameter_version": prediction.parameter_version,
        "values": {item.path: item.values for item in prediction.values},
        "units": {item.path: item.unit for item in prediction.values},
        "innovations": {item.path: item.values for item in prediction.innovations},
        "latency_ms": prediction.latency_ns / 1e6 if prediction.latency_ns >= 0 else None,
    }


def refusal_of(refused: CommandRefused | RequestRefused) -> Problem:
    """The problem that a refusal stands for."""
    return Problem(_CODES.get(refused.code, refused.code), refused.message)
