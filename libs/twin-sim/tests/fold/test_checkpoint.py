"""A checkpoint holds the complete state: nothing can be left out (journal rule 16)."""

from collections.abc import Callable
from dataclasses import fields, replace

import pytest
from support import fold_all

from twin_schemas import codec
from twin_schemas.records import Assimilation, Epoch, FoldSnapshot, Grid, PredictionFrame, TwinGenesis
from twin_sim.fold import Emitted, Fold
from twin_sim.testing.cart import open_cart
from twin_sim.testing.journals import CART_CHANNELS, START, JournalBuilder, reading

MS = 1_000_000


def eventful() -> JournalBuilder:
    """A journal in which every part of the state matters."""
    channels = [*CART_CHANNELS[:2], replace(CART_CHANNELS[2], window_ns=150 * MS)]
    journal = JournalBuilder(channels=channels).begin()
    journal.mass(3.0)
    journal.push(1.0)
    journal.frame(reading(0, journal.time(0) - 5 * MS, 0.3), reading(2, journal.time(0) - 70 * MS, 0.5))
    journal.frame(reading(1, journal.time(1) - 8 * MS, 0.1), reading(0, journal.time(1) + 2 * MS, 0.31))
    journal.acquire(Epoch(2, "writer-b"))
    journal.push(-2.0, at=journal.time(6) + 35 * MS, command="later")
    journal.revise(assimilation=Assimilation.NUDGE, gains={"position": 0.4, "velocity": 0.4, "pose": 0.4})
    journal.segment(Grid(2, journal.time(2) + 13 * MS, 10, 1))
    journal.frame(reading(2, journal.time(2) - 40 * MS, -0.2), reading(0, journal.time(2) + 170 * MS, 0.4))
    return journal


def goes_on_moving(journal: JournalBuilder) -> None:
    journal.frame(reading(0, journal.time(3) - 150 * MS, 0.32), reading(2, journal.time(3) - 20 * MS, 0.9))
    journal.frame(reading(0, journal.time(2) + 5 * MS, 0.9))
    journal.version = 0
    journal.mass(5.0)
    journal.frames(4)


def is_reset_at_once(journal: JournalBuilder) -> None:
    """A reset under held inputs, and a reading older than the last one used."""
    journal.reset({"/Rail.position": [0.1]}, to_initial=True)
    journal.frame(reading(0, journal.time(1) - 20 * MS, 0.77))
    journal.frames(3)


def folded_on(snapshot: FoldSnapshot, journal: JournalBuilder) -> list[Emitted]:
    fold = Fold.restore(snapshot, open_cart)
    emitted = [said for offset, record in journal for said in fold.take(offset, record)]
    assert fold.state is not None
    return [*emitted, str(fold.parked), fold.state.epoch]  # type: ignore[list-item]


def checkpoint(continuation: Callable[[JournalBuilder], None]) -> tuple[FoldSnapshot, JournalBuilder]:
    journal = eventful()
    fold, _ = fold_all(journal)
    snapshot = fold.snapshot()
    # the same command again, as a sync engine that came back would sequence it
    journal.commands_offset = -1
    journal.push(9.0, command="repeat")
    journal.commands_offset = snapshot.commands_offset
    continuation(journal)
    return snapshot, journal


@pytest.mark.parametrize("continuation", [goes_on_moving, is_reset_at_once])
def test_a_restored_fold_goes_on_exactly_like_the_one_that_never_stopped(continuation) -> None:
    _, journal = checkpoint(continuation)
    straight, _ = fold_all(journal)
    for length in range(2, len(journal.records)):
        part = JournalBuilder()
        part.records = journal.records[:length]
        before, _ = fold_all(part)
        snapshot = codec.decode(codec.encode(before.snapshot()))
        assert isinstance(snapshot, FoldSnapshot)
        restored = Fold.restore(snapshot, open_cart)
        for offset, record in journal:
            restored.take(offset, record)
        assert restored.digest() == straight.digest(), length


FORGET: dict[str, Callable[[FoldSnapshot], FoldSnapshot]] = {
    "genesis_offset": lambda s: replace(s, genesis_offset=-1),
    "genesis": lambda s: replace(s, genesis=replace(s.genesis, fold=replace(s.genesis.fold, step_hz=10.0))),
    "offset": lambda s: replace(s, offset=-1),
    "epoch": lambda s: replace(s, epoch=Epoch(0, "")),
    "grid": lambda s: replace(s, grid=s.genesis.grid),
    "tick": lambda s: replace(s, tick=-1),
    "time_ns": lambda s: replace(s, time_ns=START),
    "engine": lambda s: replace(s, engine=bytes(len(s.engine))),
    "parameter_version": lambda s: replace(s, parameter_version=0),
    "overrides": lambda s: replace(s, overrides={}),
    "held_inputs": lambda s: replace(s, held_inputs=[]),
    "input_window": lambda s: replace(s, input_window=[]),
    "future_readings": lambda s: replace(s, future_readings=[]),
    "pending": lambda s: replace(s, pending=[]),
    "commands_offset": lambda s: replace(s, commands_offset=-1),
    "last_readings": lambda s: replace(s, last_readings=[]),
    "ring": lambda s: replace(s, ring=s.ring[-1:]),
    "stopped": lambda s: replace(s, stopped=True),
    "parked": lambda s: replace(s, parked="diverged: lost"),
    "chain": lambda s: replace(s, chain=bytes(16)),
}


def test_every_field_of_the_snapshot_is_tried() -> None:
    assert set(FORGET) == {field.name for field in fields(FoldSnapshot)}


@pytest.mark.parametrize("field", sorted(set(FORGET) - {"genesis_offset"}))
def test_a_checkpoint_without_this_field_goes_on_differently(field: str) -> None:
    differs = []
    for continuation in (goes_on_moving, is_reset_at_once):
        snapshot, journal = checkpoint(continuation)
        differs.append(folded_on(FORGET[field](snapshot), journal) != folded_on(snapshot, journal))
    assert any(differs)


def test_a_checkpoint_that_forgot_the_newest_revision_goes_on_differently() -> None:
    snapshot, journal = checkpoint(goes_on_moving)
    first = next(r for r in journal.records if isinstance(r, TwinGenesis))
    assert folded_on(replace(snapshot, genesis=first), journal) != folded_on(snapshot, journal)


def test_the_genesis_offset_is_carried_from_checkpoint_to_checkpoint() -> None:
    snapshot, journal = checkpoint(goes_on_moving)
    fold = Fold.restore(snapshot, open_cart)
    for offset, record in journal:
        fold.take(offset, record)
    assert fold.snapshot().genesis_offset == snapshot.genesis_offset == 1


def test_a_snapshot_of_another_model_is_refused() -> None:
    snapshot, _ = checkpoint(goes_on_moving)
    with pytest.raises(Exception, match=r"unpack|numbers"):
        Fold.restore(replace(snapshot, engine=snapshot.engine[:-8]), open_cart)


def test_what_a_fold_gave_away_can_be_written_to_without_changing_the_fold() -> None:
    journal = eventful()
    fold, emitted = fold_all(journal)
    before = fold.digest()
    for said in emitted:
        if isinstance(said, PredictionFrame):
            said.values[:] = [99.0, 99.0]
            said.innovations.clear()
    snapshot = fold.snapshot()
    for name in ("pending", "input_window", "future_readings", "last_readings", "ring", "held_inputs"):
        getattr(snapshot, name).clear()
    snapshot.overrides["/Cart.mass"] = 99.0
    assert fold.digest() == before
