"""What the journal's readers make of a record behind a good beginning: the fold over a real engine, and the tails of
the sync engine.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, cast

from fuzzing.refusal import Refusal
from sim_worker.domain.recipe import Recipe
from twin_common.blobs import digest_of
from twin_schemas import codec
from twin_schemas.errors import SchemaError
from twin_schemas.record import Record
from twin_schemas.records import (
    Channel,
    ChannelKind,
    ChannelRole,
    CheckpointTaken,
    FoldSnapshot,
    Grid,
    ObservationFrame,
    TwinGenesis,
)  # fmt: skip
from twin_sim.engines import load_engine
from twin_sim.fold import Fold, OpenTwin, Unfoldable, engine_config, physics_opener
from twin_sim.journal import JournalRecord, JournalTail
from twin_sim.scene import read_stage
from twin_sim.testing.journals import CONFIG, STAMPS, START, JournalBuilder, reading

SCENE = Path(__file__).parents[4] / "libs/twin-sim/tests/scenes/pendulum.usda"
HINGE = "/World/hinge"
_CHANNELS = (
    Channel(0, HINGE, ChannelKind.POSITION, "rad", ChannelRole.OBSERVED),
    Channel(1, HINGE, ChannelKind.VELOCITY, "rad/s", ChannelRole.OBSERVED),
    Channel(2, HINGE, ChannelKind.EFFORT, "N*m", ChannelRole.INPUT),
)
_BEHIND = 1000


@cache
def _opener() -> tuple[OpenTwin, str]:
    model = load_engine("mujoco").compile(read_stage(SCENE), engine_config(CONFIG))
    return physics_opener(lambda genesis: model), model.digest


@cache
def begun() -> tuple[JournalRecord, ...]:
    """A journal of a pendulum with a few frames and a command that waits."""
    journal = JournalBuilder(CONFIG, _CHANNELS)
    journal.grid = Grid(0, START, 30, 1)
    scene = digest_of(SCENE.read_bytes())
    journal.begin(replace(STAMPS, engine="mujoco", model_digest=_opener()[1], scene_digest=scene))
    journal.frame(reading(0, journal.time(0), 0.2))
    journal.push(0.3, at=journal.time(40), joint=HINGE)
    journal.frames(3)
    return tuple(journal.records)


CAUSE = 6
"""Offset of its last frame."""


def folded(count: int) -> FoldSnapshot:
    """The state behind so many of its records."""
    fold = Fold(_opener()[0])
    try:
        for offset, record in enumerate(begun()[:count]):
            fold.take(offset, record)
        assert fold.parked is None
        return fold.snapshot()
    finally:
        fold.close()


def tailed() -> JournalTail:
    """The tail of that journal."""
    tail = JournalTail()
    for offset, record in enumerate(begun()):
        tail.observe(offset, record)
    return tail


class Journals:
    """The fold, from a checkpoint of that journal on.

    Attributes:
        genesis: of the incarnation in force.
        snapshot: that checkpoint.
    """

    def __init__(self) -> None:
        self.genesis = next(record for record in begun() if isinstance(record, TwinGenesis))
        self.snapshot = folded(len(begun()))

    def consume(self, record: Record) -> None:
        """Fold the record as the next one, and a few frames behind it."""
        known: Any = replace(cast("Any", record), epoch=self.snapshot.epoch)
        tail = tailed()
        tail.observe(_BEHIND, known)
        if isinstance(known, TwinGenesis):
            Recipe.of_genesis(known)
        fold = Fold.restore(self.snapshot, _opener()[0])
        try:
            self._written(fold, fold.take(_BEHIND, known))
            for number in range(3):
                if fold.parked is None and fold.state is not None and not fold.state.stopped:
                    frame = ObservationFrame(fold.state.epoch, fold.state.tick + 1, [], -1)
                    self._written(fold, fold.take(_BEHIND + 1 + number, frame))
            if fold.parked is not None:
                raise Refusal(fold.parked.partition(":")[0])
        finally:
            fold.close()

    @staticmethod
    def _written(fold: Fold, said: list[Any]) -> None:
        try:
            for each in (*said, fold.snapshot()):
                codec.encode(each)
        except SchemaError as error:  # the worker parks it then
            raise Refusal("unwritable") from error

    def restore(self, record: Record) -> None:
        """Go on from somebody's checkpoint, as if its digest were right."""
        assert isinstance(record, CheckpointTaken)
        snapshot = record.snapshot
        if snapshot is None:
            raise Refusal("no_snapshot")
        JournalTail.from_snapshot(snapshot)
        Recipe.of_genesis(snapshot.genesis)
        self._restored(snapshot)
        ours = {
            "engine": self.snapshot.engine,
            "genesis": self.snapshot.genesis,
            "epoch": self.snapshot.epoch,
        }
        self._restored(replace(snapshot, **cast("Any", ours)))

    def _restored(self, snapshot: FoldSnapshot) -> None:
        try:
            fold = Fold.restore(snapshot, _opener()[0])
        except Unfoldable as reason:
            raise Refusal(str(reason).partition(":")[0]) from reason
        try:
            if fold.parked is None and not snapshot.stopped:
                frame = ObservationFrame(snapshot.epoch, snapshot.tick + 1, [], -1)
                self._written(fold, fold.take(snapshot.offset + 1, frame))
        finally:
            fold.close()
