"""The verifier agrees with an honest worker and names the first tick at which a dishonest one parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import pytest

from hanzo_twin.audit.entries import JournalEntry, PredictionEntry
from hanzo_twin.replay import Report, verify
from twin_schemas import codec
from twin_schemas.records import Epoch, FoldSnapshot, PredictionFrame
from twin_sim.fold import Fold
from twin_sim.testing.cart import open_cart
from twin_sim.testing.journals import JournalBuilder, reading

Checkpoint = tuple[FoldSnapshot, str]


def journal() -> list[JournalEntry]:
    builder = JournalBuilder().begin()
    builder.push(2.0)
    builder.frames(4)
    builder.frame(reading(0, builder.time(4) - 7_000_000, 0.4))
    builder.acquire(Epoch(2, "writer-b"))
    builder.skip(30)
    builder.mass(5.0)
    builder.frames(5)
    return [JournalEntry(offset, 0, record) for offset, record in builder]


def entry(frame: PredictionFrame) -> PredictionEntry:
    return PredictionEntry(codec.encode(frame), frame)


def worked(entries: Sequence[JournalEntry]) -> tuple[list[PredictionEntry], list[Checkpoint]]:
    """What an honest worker emits: every prediction, and a checkpoint after every third record."""
    fold = Fold(open_cart)
    emitted: list[PredictionEntry] = []
    checkpoints: list[Checkpoint] = []
    for each in entries:
        emitted += [
            entry(said) for said in fold.take(each.offset, each.record) if isinstance(said, PredictionFrame)
        ]
        if fold.state is not None and each.offset % 3 == 0:
            snapshot = fold.snapshot()
            checkpoints.append((snapshot, sha256(codec.encode(snapshot)).hexdigest()))
    return emitted, checkpoints


@pytest.fixture
def honest() -> tuple[list[JournalEntry], list[PredictionEntry], list[Checkpoint]]:
    entries = journal()
    return entries, *worked(entries)


def report(parts: tuple[list[JournalEntry], list[PredictionEntry], list[Checkpoint]]) -> Report:
    return verify(*parts, open_cart)


def test_an_honest_worker_is_confirmed_from_genesis_and_every_checkpoint(honest) -> None:
    found = report(honest)
    assert found.differences == ()
    assert (found.predictions, found.pending, found.checkpoints) == (10, 0, 5)


def test_the_first_tick_with_another_last_bit_is_named(honest) -> None:
    entries, emitted, checkpoints = honest
    for position in (3, 6):
        frame = emitted[position].frame
        frame.values[0] = frame.values[0] * (1 + 2**-52)
    (difference,) = report((entries, emitted, checkpoints)).differences
    assert difference.tick == emitted[3].frame.tick == 3
    assert "values" in difference.detail


def test_a_checkpoint_that_lost_a_pending_command_is_noticed(honest) -> None:
    entries, emitted, checkpoints = honest
    snapshot, _ = checkpoints[1]
    wrong = replace(snapshot, engine=snapshot.engine[:-8] + bytes(8))
    lying = (wrong, sha256(codec.encode(wrong)).hexdigest())
    assert report((entries, emitted, [checkpoints[0], lying])).differences


def test_a_repeat_that_differs_is_noticed(honest) -> None:
    entries, emitted, checkpoints = honest
    again = replace(emitted[2].frame, parameter_version=9)
    found = report((entries, [*emitted, entry(again)], checkpoints))
    assert any("two predictions" in difference.detail for difference in found.differences)


def test_a_prediction_from_a_void_record_is_noticed(honest) -> None:
    entries, emitted, checkpoints = honest
    invented = replace(emitted[0].frame, offset=7)
    found = report((entries, [*emitted, entry(invented)], checkpoints))
    assert [difference.identity.offset for difference in found.differences] == [7]


def test_the_newest_frames_of_a_running_twin_may_still_be_without_prediction(honest) -> None:
    entries, emitted, checkpoints = honest
    found = report((entries, emitted[:-2], checkpoints))
    assert (found.differences, found.pending) == ((), 2)
