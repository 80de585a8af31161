"""Writes journals for tests, record by record, as the sync engine would."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from twin_schemas.records import (
    Assimilation,
    Channel,
    ChannelKind,
    ChannelRole,
    Epoch,
    FoldConfig,
    Grid,
    GridSegment,
    JointCommand,
    JointMode,
    JointTarget,
    ObservationFrame,
    ParametersApplied,
    Quality,
    Reading,
    Resumed,
    RevisionApplied,
    SourcesAcquired,
    Stamps,
    StateReset,
    Stopped,
    TimeDiscontinuity,
    TwinGenesis,
)
from twin_sim.fold import FOLD_VERSION
from twin_sim.journal import JournalRecord, tick_time

S = 1_000_000_000
START = 1_700_000_000 * S

CART_CHANNELS = (
    Channel(0, "/Rail", ChannelKind.POSITION, "m", ChannelRole.OBSERVED),
    Channel(1, "/Rail", ChannelKind.VELOCITY, "m/s", ChannelRole.OBSERVED),
    Channel(2, "/Rail", ChannelKind.EFFORT, "N", ChannelRole.INPUT),
)

CONFIG = FoldConfig(
    step_hz=100.0,
    substeps=1,
    gravity=[],
    solver_iterations=50,
    assimilation=Assimilation.OVERWRITE,
    gains={},
    ring_ticks=4,
    ahead_ticks=2,
    max_pending=8,
    max_future_ns=10 * S,
    horizon_ns=S // 2,
    horizon_every=0,
    horizon_samples=5,
)

STAMPS = Stamps("cart", "1", "any", FOLD_VERSION, "scene", "model")


class JournalBuilder:
    """A journal at 10 ticks a second of ten engine steps each, unless told otherwise."""

    def __init__(
        self, config: FoldConfig = CONFIG, channels: Sequence[Channel] = CART_CHANNELS, **changes: object
    ) -> None:
        """Begin an empty journal; `changes` are fields of the fold's configuration."""
        self.records: list[JournalRecord] = []
        self.epoch = Epoch(1, "writer-a")
        self.grid = Grid(0, START, 10, 1)
        self.tick = -1
        self.config = replace(config, **cast("dict[str, Any]", changes))
        self.channels = channels
        self.commands_offset = -1
        self.version = 0

    def begin(self, stamps: Stamps = STAMPS, incarnation: int = 1) -> "JournalBuilder":
        """Acquire the sources and write a genesis."""
        self.acquire(self.epoch)
        self.records.append(
            TwinGenesis(
                epoch=self.epoch,
                twin="0190a1b2-0000-7000-8000-000000000001",
                org="local",
                name="cart",
                revision=1,
                request_id=f"request-{incarnation}",
                incarnation=incarnation,
                stamps=stamps,
                seed=7,
                channels=list(self.channels),
                fold=self.config,
                parent=None,
                state_digest=None,
                grid=replace(self.grid, tick=self.tick + 1),
            )
        )
        self.grid = replace(self.grid, tick=self.tick + 1)
        return self

    def acquire(self, epoch: Epoch) -> None:
        """A writer takes over."""
        self.epoch = epoch
        self.records.append(SourcesAcquired(epoch, self.tick, START, 0))

    def time(self, tick: int) -> int:
        """Time of a tick of the present segment, ns."""
        return tick_time(self.grid, tick)

    def frame(self, *readings: Reading, gap: bool = False) -> None:
        """The next frame."""
        self.tick += 1
        self.records.append(
            ObservationFrame(self.epoch, self.tick, list(readings), self.commands_offset, gap=gap)
        )

    def frames(self, count: int) -> None:
        """So many frames without readings."""
        for _ in range(count):
            self.frame()

    def push(self, force: float, at: int | None = None, joint: str = "/Rail", command: str = "push") -> None:
        """A force on the cart."""
        self.commands_offset += 1
        targets = [JointTarget(joint, JointMode.EFFORT, force)]
        self.records.append(
            JointCommand(self.epoch, command, self.commands_offset, targets, effect_time_ns=at)
        )

    def mass(self, mass: float, at: int | None = None, path: str = "/Cart.mass") -> None:
        """A new parameter version."""
        self.commands_offset += 1
        self.version += 1
        self.records.append(
            ParametersApplied(
                self.epoch,
                f"mass-{self.version}",
                self.commands_offset,
                self.version,
                "m",
                {path: mass},
                effect_time_ns=at,
            )
        )

    def reset(
        self, values: Mapping[str, list[float]], at: int | None = None, to_initial: bool = False
    ) -> None:
        """A new state."""
        self.commands_offset += 1
        self.records.append(
            StateReset(self.epoch, "reset", self.commands_offset, to_initial, dict(values), effect_time_ns=at)
        )

    def segment(self, grid: Grid, reason: str = "relock") -> None:
        """The grid goes on from here."""
        self.grid = grid
        self.records.append(GridSegment(self.epoch, grid, reason))

    def skip(self, ticks: int) -> None:
        """So many ticks that nobody folds."""
        first, self.tick = self.tick + 1, self.tick + ticks
        self.records.append(TimeDiscontinuity(self.epoch, first, self.tick, "away"))

    def revise(self, revision: int = 2, **changes: object) -> None:
        """A new revision of the definition; `changes` are fields of the fold's configuration."""
        config = replace(self.config, **cast("dict[str, Any]", changes)) if changes else None
        self.config = config or self.config
        self.records.append(RevisionApplied(self.epoch, self.tick + 1, revision, "digest", config=config))

    def stop(self) -> None:
        """The twin stops."""
        self.records.append(Stopped(self.epoch, self.tick, "asked"))

    def resume(self, time_ns: int) -> None:
        """The twin goes on at this time."""
        self.grid = replace(self.grid, tick=self.tick + 1, time_ns=time_ns)
        self.records.append(Resumed(self.epoch, self.grid))

    def __iter__(self) -> Iterator[tuple[int, JournalRecord]]:
        """Offsets and records."""
        return iter(enumerate(self.records))


def reading(channel: int, time_ns: int, *values: float) -> Reading:
    """A good reading at its source time."""
    return Reading(channel, list(values), time_ns, Quality.GOOD)
