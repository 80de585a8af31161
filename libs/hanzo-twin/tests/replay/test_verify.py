"""The verifier agrees with an honest worker and names the first tick at which a dishonest one parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import pytest

from hanzo_twin.audit.entries import JournalEntry, PredictionEntry
from hanzo_twin.replay import Report, verify
from twin_schemas import codec
from twin_schemas.records import Epoch, FoldSnapshot, PredictionFrame, SourcesAcquired
from twin_sim.fold import Fold
from twin_sim.journal import LOST_TAIL
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
    (acquired,) = [e.offset for e in entries[1:] if isinstance(e.record, SourcesAcquired)]
    invented = replace(emitted[0].frame, offset=acquired)
    (difference,) = report((entries, [*emitted, entry(invented)], checkpoints)).differences
    assert difference.identity.offset == acquired
    assert "no such frame" in difference.detail


def test_the_newest_frames_of_a_running_twin_may_still_be_without_prediction(honest) -> None:
    entries, emitted, checkpoints = honest
    found = report((entries, emitted[:-2], checkpoints))
    assert (found.differences, found.pending) == ((), 2)


def parked_run() -> tuple[list[JournalEntry], list[PredictionEntry], list[Checkpoint]]:
    """A worker that parks at a frame out of order, learns of another writer, and goes on in a new incarnation."""
    builder = JournalBuilder().begin()
    builder.frames(4)
    builder.tick += 7
    builder.frame()
    builder.acquire(Epoch(2, "writer-b"))
    builder.begin(incarnation=2)
    builder.frames(3)
    entries = [JournalEntry(offset, 0, record) for offset, record in builder]
    fold, emitted, checkpoints = Fold(open_cart), [], []
    for each in entries:
        emitted += [
            entry(said) for said in fold.take(each.offset, each.record) if isinstance(said, PredictionFrame)
        ]
        if fold.parked is not None:
            checkpoints.append((fold.snapshot(), fold.digest()))
    assert len(checkpoints) >= 2
    return entries, emitted, checkpoints


def test_the_checkpoints_of_a_parked_twin_are_confirmed() -> None:
    assert report(parked_run()).differences == ()


def test_a_parked_checkpoint_with_another_state_is_noticed() -> None:
    entries, emitted, checkpoints = parked_run()
    snapshot = replace(checkpoints[0][0], tick=2)
    lying = (snapshot, sha256(codec.encode(snapshot)).hexdigest())
    assert report((entries, emitted, [lying])).differences


def test_a_twin_that_parked_for_reasons_outside_of_the_journal_is_compared_up_to_there(honest) -> None:
    entries, emitted, checkpoints = honest
    (snapshot, _), cut = checkpoints[1], checkpoints[1][0].offset
    crashed = replace(snapshot, parked="crashed: the process died 3 times")
    checkpoint = (crashed, sha256(codec.encode(crashed)).hexdigest())
    found = report((entries, [e for e in emitted if e.frame.offset <= cut], [checkpoint]))
    assert found.differences == ()
    assert found.pending > 0


def test_a_zero_of_the_other_sign_is_another_result() -> None:
    resting = JournalBuilder().begin()
    resting.frames(3)
    entries = [JournalEntry(offset, 0, record) for offset, record in resting]
    emitted, checkpoints = worked(entries)
    emitted[1].frame.values[0] = -emitted[1].frame.values[0]
    (difference, *_) = report((entries, emitted, checkpoints)).differences
    assert (difference.tick, difference.detail) == (1, "bits of its numbers differ")


def test_a_checkpoint_from_which_the_rest_folds_differently_is_noticed(honest) -> None:
    entries, emitted, checkpoints = honest
    snapshot, digest = checkpoints[1]
    lying = replace(snapshot, engine=snapshot.engine[:-8] + bytes(8))
    (difference,) = report((entries, emitted, [(lying, digest)])).differences
    assert difference.against.startswith("a fold from the checkpoint")


def test_a_checkpoint_from_which_nothing_more_is_predicted_is_noticed(honest) -> None:
    entries, emitted, checkpoints = honest
    snapshot, digest = checkpoints[1]
    (difference,) = report((entries, emitted, [(replace(snapshot, stopped=True), digest)])).differences
    assert difference.detail == "no prediction for this frame"


def test_a_checkpoint_that_ends_in_another_state_is_noticed(honest) -> None:
    entries, emitted, checkpoints = honest
    snapshot, digest = checkpoints[-1]
    last = [e for e in entries if e.offset <= snapshot.offset]
    known = [e for e in emitted if e.frame.offset <= snapshot.offset]
    lying = replace(snapshot, commands_offset=snapshot.commands_offset + 1)
    (difference,) = report((last, known, [(lying, digest)])).differences
    assert difference.detail == "the complete state at the end differs"


def test_an_unreadable_record_parks_the_fold_until_a_new_genesis() -> None:
    builder = JournalBuilder().begin()
    builder.frames(4)
    entries = [JournalEntry(offset, 0, record) for offset, record in builder]
    entries = [replace(each, offset=each.offset + (each.offset > 3)) for each in entries]
    emitted, checkpoints = worked(entries[:4])
    found = verify(entries, emitted, checkpoints, open_cart, {4: "schema id 999 is unknown"})
    assert (found.differences, found.predictions, found.pending) == ((), 2, 0)
    assert found.parked == "undecodable: journal offset 4: schema id 999 is unknown"


def set_back(reason: str) -> tuple[list[JournalEntry], list[PredictionEntry], list[Checkpoint]]:
    """A journal that has lost its last six records, with what was emitted before and what by a worker that noticed."""
    builder = JournalBuilder().begin()
    builder.frames(12)
    emitted, checkpoints = worked([JournalEntry(offset, 0, record) for offset, record in builder])
    del builder.records[8:]
    builder.tick = 5
    builder.acquire(Epoch(2, "writer-b"))
    builder.skip(20)
    builder.frames(3)
    builder.begin(incarnation=3)
    builder.records[-1] = replace(builder.records[-1], reason=reason)
    builder.frames(5)
    entries = [JournalEntry(offset, 0, record) for offset, record in builder]
    said, taken = worked(entries)
    of_a_lost_genesis = replace(emitted[-1].frame, incarnation=2)
    emitted += [entry(of_a_lost_genesis), *(each for each in said if each.frame.incarnation == 3)]
    return entries, emitted, checkpoints + [each for each in taken if each[0].genesis.incarnation == 3]


LOSS = f"new incarnation: {LOST_TAIL}: the journal ends at offset 7, offset 13 was folded"


def test_what_was_emitted_for_records_that_are_lost_is_counted_and_not_judged() -> None:
    found = report(set_back(LOSS))
    assert found.differences == ()
    assert (found.predictions, found.pending, found.lost) == (11, 0, 9)


def test_a_loss_that_no_genesis_tells_of_is_noticed() -> None:
    assert report(set_back("revision 2 starts")).differences


def test_what_differs_in_front_of_a_loss_is_noticed() -> None:
    entries, emitted, checkpoints = set_back(LOSS)
    emitted[3].frame.values[0] += 1.0
    (difference,) = report((entries, emitted, checkpoints)).differences
    assert difference.tick == 3
