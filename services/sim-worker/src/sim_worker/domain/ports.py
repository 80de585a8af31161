"""What the handlers need of the outside."""

from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sim_worker.domain.inventory import Inventory
from sim_worker.domain.recipe import Recipe
from sim_worker.domain.slots import CheckpointKey
from sim_worker.domain.status import Counts
from twin_schemas.records import (
    CheckpointTaken,
    CommandApplied,
    CommandRefused,
    FoldSnapshot,
    IncarnationBegan,
    IncarnationRequested,
    PredictionFrame,
    RequestRefused,
    SetRate,
    SimStatus,
    TwinSpec,
    TwinState,
)
from twin_sim.fold import ChannelLayout, Foldable

Ack = Awaitable[object]
"""Completes when a record that was handed over is acknowledged; raises when it can't be."""


class PhysicsModel(Protocol):
    """A compiled scene under one engine's settings; immutable and shared."""

    @property
    def digest(self) -> str:
        """sha256 of scene model and settings."""
        ...

    @property
    def engine_build(self) -> str:
        """Version and build of the engine."""
        ...

    @property
    def inventory(self) -> Inventory:
        """What can be observed and driven."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the engine can't represent of the scene."""
        ...

    def open(self, layout: ChannelLayout, timestep: float, overrides: Mapping[str, float]) -> Foldable:
        """A simulation at the scene's initial state with steps of `timestep` seconds.

        Raises:
            ValueError, KeyError: a channel or parameter isn't in the model.
        """
        ...


class Workshop(Protocol):
    """Builds models off the event loop and shares them while anybody uses them."""

    async def build(self, recipe: Recipe) -> PhysicsModel:
        """The model of a recipe.

        Raises:
            StartError: it can't be built, now or later.
            Retryable: object storage doesn't answer.
        """
        ...

    async def prepare(self, model: PhysicsModel, overrides: Mapping[str, float]) -> object:
        """Compile the model under overrides; `open` and the fold find it for as long as the result is kept.

        Overrides that the model doesn't know are left for the fold to refuse.
        """
        ...

    async def tick_cost(
        self, model: PhysicsModel, layout: ChannelLayout, steps: int, timestep: float
    ) -> float:
        """Seconds of computing that one tick of so many steps takes, measured on a scratch simulation."""
        ...


@dataclass(frozen=True, slots=True)
class Address:
    """Where a twin's records go: its key, and its partition of every topic of the pool."""

    twin: str
    org: str
    partition: int
    key: bytes

    @classmethod
    def of(cls, spec: TwinSpec) -> "Address":
        """From a spec."""
        return cls(spec.twin, spec.org, spec.partition, spec.twin.encode())


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked, and where they read the answer.

    Attributes:
        id: of the request.
        org: on whose behalf.
        actor: who.
        correlation_id: of everything that belongs to it.
        reply_to: partition of `bus.replies`.
        trace: W3C trace context of the answer, or None.
    """

    id: str
    org: str
    actor: str | None
    correlation_id: str
    reply_to: int
    trace: str | None


class Outlet(Protocol):
    """Everything that a worker says."""

    async def prediction(self, to: Address, frame: PredictionFrame, trace: bytes | None) -> Ack:
        """Hand a prediction over; awaiting the result waits for its acknowledgement.

        `trace` is the trace context that came with the frame, on sampled ones.

        Raises:
            TooLarge: no record of its topic holds it.
        """
        ...

    async def command_event(self, to: Address, event: CommandApplied | CommandRefused) -> Ack:
        """Hand over what the fold says of a command, under an id that a repeat has again.

        Raises:
            TooLarge: as above.
        """
        ...

    async def began(self, to: Address, event: IncarnationBegan) -> Ack:
        """Hand over that an incarnation is folded, under an id that a repeat has again.

        Raises:
            TooLarge: as above.
        """
        ...

    def horizons(self, encoded: Sequence[tuple[Address, bytes]]) -> None:
        """Hand over forecasts and residuals; one that can't be sent is no loss."""
        ...

    async def request(self, to: Address, record: IncarnationRequested | SetRate) -> None:
        """Ask the journal's writer for something; acknowledged on return."""
        ...

    async def reply(self, answer: TwinState | RequestRefused, asked: Asked) -> None:
        """Answer a request, where its sender reads answers; acknowledged on return."""
        ...

    async def checkpoint(self, partition: int, key: CheckpointKey, encoded: bytes | None) -> None:
        """Write a checkpoint, or None to remove it; acknowledged on return."""
        ...

    async def status(self, status: SimStatus) -> None:
        """Report a twin."""
        ...

    async def forget_status(self, twin: str) -> None:
        """A twin has gone."""
        ...

    @property
    def failures(self) -> int:
        """Records that were handed over and not acknowledged, since the start."""
        ...


class Shelf(Protocol):
    """The checkpoints, by partition."""

    async def read(
        self, partitions: Collection[int]
    ) -> Mapping[int, list[tuple[CheckpointKey, CheckpointTaken | None]]]:
        """By partition, what each key holds now; None where a record can't be read."""
        ...

    async def snapshot(self, checkpoint: CheckpointTaken) -> FoldSnapshot:
        """The state of a checkpoint.

        Raises:
            CheckpointUnusable: its bytes don't have its digest.
        """
        ...


class Breadcrumbs(Protocol):
    """Remembers beyond the death of the process what it was working at."""

    def mark(self, lane: str, place: str) -> None:
        """Work begins at a place; one piece of work in a lane at a time."""
        ...

    def clear(self, lane: str) -> None:
        """It is done."""
        ...

    def look(self) -> None:
        """Learn where processes of this host have crashed by now."""
        ...

    def deaths(self, place: str) -> int:
        """How often a process of this host crashed there."""
        ...


class Meter(Protocol):
    """What the worker measures of itself."""

    def folded(self, engine: str, steps: int, seconds: float) -> None:
        """A frame was folded in so many engine steps."""
        ...

    def started(self, engine: str, org: str) -> None:
        """A simulation was opened."""
        ...

    def counted(self, twin: str, name: str, engine: str, counts: Counts, behind_s: float) -> None:
        """Where a twin's counters stand, and how long its records lie in the journal before they are folded."""
        ...

    def checkpoint(self, name: str, size: int) -> None:
        """A checkpoint of so many bytes of the twin of this name was written."""
        ...

    def keyframe(self, name: str) -> None:
        """A state of the twin of this name was kept for time travel."""
        ...

    def lost_tail(self) -> None:
        """A twin's journal has lost its newest records."""
        ...

    def parked(self, by_code: Mapping[str, int]) -> None:
        """How many twins are parked now."""
        ...

    def forget(self, twin: str) -> None:
        """A twin has gone."""
        ...

    def refused(self) -> None:
        """There was no room for a twin."""
        ...

    def slowed(self, name: str) -> None:
        """A lower rate was asked for the twin of this name."""
        ...

    def rebalanced(self, partitions: int) -> None:
        """So many partitions came or went."""
        ...

    def holds(self, partitions: int, load: float) -> None:
        """How many partitions it holds now, and the share of a core that their twins use."""
        ...

    def active(self, by_engine: Mapping[str, int]) -> None:
        """How many simulations are open now."""
        ...

    def count(self, what: str) -> None:
        """Something that belongs to no twin: `misplaced`, `unspecified`, `stalls`, `rejoins`."""
        ...
