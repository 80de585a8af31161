"""Small made-up runs: a journal, its predictions and its public stream, 30 frames a second."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import pytest

from hanzo_twin.audit import JournalEntry, PredictionEntry, PublicEntry
from twin_schemas.records import (
    Assimilation,
    Channel,
    ChannelKind,
    ChannelRole,
    Epoch,
    FoldConfig,
    Grid,
    Innovation,
    ObservationFrame,
    PredictionFrame,
    Quality,
    SourcesAcquired,
    Stamps,
    TwinGenesis,
    TwinPrediction,
)

START_MS = 1_700_000_000_000


@dataclass
class Run:
    """A run that went well, to be spoilt by a test: acquisition, genesis, then frames."""

    FIRST: ClassVar[Epoch] = Epoch(1, "writer-a")
    SECOND: ClassVar[Epoch] = Epoch(2, "writer-b")
    START_MS: ClassVar[int] = START_MS

    seconds: int = 10
    latency_ms: float = 4.0
    journal: list[JournalEntry] = field(default_factory=list)
    predictions: list[PredictionEntry] = field(default_factory=list)
    public: list[PublicEntry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.append(self.acquired(self.FIRST), START_MS)
        self.append(self.genesis(self.FIRST, 1), START_MS)
        for tick in range(self.seconds * 30):
            self.frame(self.FIRST, tick, self.at_ms(tick))
            self.predict(1, self.journal[-1].offset, tick, self.at_ms(tick) + round(self.latency_ms))

    def append(self, record: object, when_ms: int) -> None:
        self.journal.append(JournalEntry(len(self.journal), when_ms, record))  # type: ignore[arg-type]

    def frame(self, epoch: Epoch, tick: int, when_ms: int) -> None:
        self.append(ObservationFrame(epoch, tick, [], -1), when_ms)

    def predict(self, incarnation: int, offset: int, tick: int, published_ms: int) -> None:
        self.predictions.append(self.prediction(incarnation, offset, tick))
        latency_ns = (published_ms - self.journal[offset].at_ms) * 1_000_000
        shown = TwinPrediction("t", "pendulum", incarnation, offset, tick, 0, 0, [], [], latency_ns)
        self.public.append(PublicEntry(published_ms, shown))

    def crash(self, from_tick: int, resumed_ms: int) -> None:
        """Frames from `from_tick` on become public late: all that are due by `resumed_ms` at that moment."""
        for index, entry in enumerate(self.public):
            frame_ms = self.journal[entry.prediction.offset].at_ms
            if entry.prediction.tick >= from_tick and frame_ms < resumed_ms:
                entry.prediction.latency_ns = (resumed_ms - frame_ms) * 1_000_000
                self.public[index] = PublicEntry(resumed_ms, entry.prediction)

    @property
    def window_ms(self) -> tuple[int, int]:
        return START_MS, self.at_ms(self.seconds * 30)

    @staticmethod
    def acquired(epoch: Epoch) -> SourcesAcquired:
        return SourcesAcquired(epoch, -1, START_MS * 1_000_000, 0)

    @staticmethod
    def genesis(epoch: Epoch, incarnation: int) -> TwinGenesis:
        return TwinGenesis(
            epoch=epoch,
            twin="t",
            org="local",
            name="pendulum",
            revision=1,
            request_id=f"r{incarnation}",
            incarnation=incarnation,
            stamps=Stamps(
                scene_digest="s",
                model_digest="m",
                engine="mujoco",
                engine_build="b",
                cpu="c",
                fold_version=1,
            ),
            seed=1,
            channels=[Channel(0, "/World/hinge", ChannelKind.POSITION, "rad", ChannelRole.OBSERVED)],
            fold=FoldConfig(
                step_hz=240.0,
                substeps=1,
                gravity=[],
                solver_iterations=50,
                assimilation=Assimilation.NONE,
                gains={},
                ring_ticks=8,
                ahead_ticks=1,
                max_pending=1,
                max_future_ns=1,
                horizon_ns=1,
                horizon_every=0,
                horizon_samples=1,
            ),
            grid=Grid(0, START_MS * 1_000_000, 30, 1),
        )

    @staticmethod
    def prediction(incarnation: int, offset: int, tick: int, *, innovation: float = 0.01) -> PredictionEntry:
        frame = PredictionFrame(
            incarnation=incarnation,
            offset=offset,
            epoch=1,
            tick=tick,
            time_ns=0,
            parameter_version=0,
            values=[0.0],
            innovations=[Innovation(0, [innovation], 0, Quality.GOOD)],
            chain=b"0" * 16,
        )
        return PredictionEntry(repr(frame).encode(), frame)

    @staticmethod
    def at_ms(tick: int) -> int:
        return START_MS + tick * 1000 // 30


@pytest.fixture
def run() -> Run:
    return Run()
