"""What the handlers ask of the world, and nothing of how it is done.

A router is made by `router(parts: Parts, ...) -> APIRouter`: what every handler needs is in `Parts`, what only one
needs (uploads, streams, letters) is a port of its own, in its own module of `domain`, given beside it. `bootstrap`
makes both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from api_gateway.domain.caller import Caller
from api_gateway.domain.entries import SceneEntry, TwinEntry, TwinFilter
from api_gateway.domain.rates import Rates
from twin_common.clock import Clock
from twin_common.health import Health
from twin_common.identity import Guard
from twin_common.metrics import Metrics
from twin_common.settings import Settings
from twin_schemas.record import Record
from twin_schemas.records import ControlAccepted


class ReadModel(Protocol):
    """Twins and scenes as the compacted topics tell them, in memory. Looking up never waits.

    A `ref` is a UUID, a name or, for twins, `twin-<name>`. What belongs to another organisation isn't there.
    """

    @property
    def caught_up(self) -> bool:
        """Whether everything that was written before the start has been read, and reading goes on."""
        ...

    def twin(self, org: str, ref: str) -> TwinEntry | None:
        """A twin, unless there is none."""
        ...

    def twins(self, org: str, wanted: TwinFilter, after: str | None, limit: int) -> Sequence[TwinEntry]:
        """Up to `limit` twins in the order of their names, those behind the name `after`."""
        ...

    def twin_by_id(self, twin_id: str) -> TwinEntry | None:
        """A twin of any organisation; for what is addressed by a record, never by a caller."""
        ...

    def scene(self, org: str, ref: str) -> SceneEntry | None:
        """A scene, unless there is none."""
        ...

    def scenes(
        self, org: str, after: str | None, limit: int, name: str | None = None
    ) -> Sequence[SceneEntry]:
        """Up to `limit` scenes in the order of their names, those behind `after`; only `name` when given."""
        ...

    async def settle(self) -> None:
        """Wait (a moment at most) until everything is known that was written before the call, by whomever."""
        ...

    async def twin_at(self, twin_id: str, revision: int) -> TwinEntry | None:
        """A twin as soon as this revision (or a later one) is known; None when the deadline passes first."""
        ...

    async def twin_gone(self, twin_id: str) -> bool:
        """Wait until a twin isn't there and its name is free; False when the deadline passes first."""
        ...

    async def scene_at(self, scene_id: str, version: int) -> SceneEntry | None:
        """A scene as soon as this version of it is known; None when the deadline passes first."""
        ...

    async def scene_gone(self, scene_id: str, version: int | None = None) -> bool:
        """Wait until a scene, or one version of it, isn't there; False when the deadline passes first."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a question.

    Attributes:
        command: id of the record that asked.
        record: the answer; None: none came before the deadline, so what becomes of it isn't known yet.
    """

    command: str
    record: Record | None


class Asking(Protocol):
    """Sends records in the caller's name and finds their answers.

    Each call makes the record with the id `caller.command_id`: one for each request.

    Raises (every method):
        Problem: `unavailable` when no broker takes the record; it may or may not be there.
    """

    async def control(
        self, caller: Caller, record: Record, *, key: str, body: bytes = b""
    ) -> ControlAccepted | None:
        """Ask the control plane, and wait.

        Args:
            caller: in whose name.
            record: a type that `control.commands` carries.
            key: the aggregate's id or name.
            body: the request's body, which an idempotency key stands for.

        Returns:
            Its consent, or None when none came before the deadline: answer 202 (`handlers.pending`).

        Raises:
            Problem: it was refused, with the code, field and line of the refusal.
        """
        ...

    async def ask(
        self,
        caller: Caller,
        record: Record,
        *,
        topic: str,
        key: str,
        partition: int | None = None,
        body: bytes = b"",
    ) -> Answer:
        """Write a record to a topic of the catalogue and wait for the record that answers it on `bus.replies`."""
        ...

    async def tell(
        self,
        caller: Caller,
        record: Record,
        *,
        topic: str,
        key: str,
        partition: int | None = None,
        body: bytes = b"",
    ) -> str:
        """Write a record and wait only for the broker; returns the record's id."""
        ...


class Audit(Protocol):
    """Who did what, for `audit.log`. Never waits and never fails: what can't be written is counted and logged."""

    def note(
        self,
        caller: Caller,
        resource: str,
        *,
        version: int | None = None,
        allowed: bool = True,
        code: str | None = None,
    ) -> None:
        """Note a decision: `caller.action` on a resource (a UUID or name; empty: a list).

        Only what is decided here: a denial, or what the gateway does itself. The owner of a twin or scene notes what it
        does for a command, once.
        """
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What every router is made with.

    Attributes:
        rates: how fast a caller may ask.
        strangers: how fast those may ask, by address, whose tokens prove nothing.
    """

    settings: Settings
    model: ReadModel
    asking: Asking
    audit: Audit
    guard: Guard
    rates: Rates
    strangers: Rates
    clock: Clock
    metrics: Metrics
    health: Health
