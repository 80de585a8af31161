"""A parked twin waits for a genesis, wherever it is restored (journal rule 24)."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from support import fold_all, predictions

from twin_schemas.records import CommandRefused, Epoch, TwinGenesis
from twin_sim.fold import FOLD_VERSION, Fold, Foldable
from twin_sim.testing.cart import open_cart
from twin_sim.testing.journals import STAMPS, JournalBuilder, reading


def parked() -> JournalBuilder:
    """A twin that parks at offset 4."""
    journal = JournalBuilder().begin()
    journal.frames(2)
    journal.tick += 5
    journal.frame()
    return journal


def refuse(genesis: TwinGenesis, overrides: Mapping[str, float]) -> Foldable:
    raise AssertionError("the engine of a parked twin may be what brought the process down")


def test_nothing_but_a_genesis_moves_a_parked_twin() -> None:
    journal = parked()
    fold, _ = fold_all(journal)
    before = fold.digest()
    journal.tick = 1
    journal.frames(2)
    journal.push(1.0)
    journal.skip(3)
    journal.stop()
    said = [each for offset, record in journal for each in fold.take(offset, record)]
    assert fold.digest() == before
    assert predictions(said) == []


def test_a_parked_twin_refuses_commands_so_that_nobody_waits_for_them() -> None:
    journal = parked()
    fold, _ = fold_all(journal)
    journal.push(1.0, command="in vain")
    offset, record = list(journal)[-1]
    for _ in range(2):  # the same after a restore from the checkpoint before
        (refused,) = fold.take(offset, record)
        assert isinstance(refused, CommandRefused)
        assert (refused.command_id, refused.code, refused.offset) == ("in vain", "not_running", offset)


def test_a_void_record_moves_the_offset_of_a_twin_unless_it_is_parked() -> None:
    for journal, expected in ((JournalBuilder().begin(), 2), (parked(), 3)):
        journal.epoch = Epoch(0, "zombie")
        journal.frame()
        fold, _ = fold_all(journal)
        assert fold.snapshot().offset == expected


def test_restoring_a_parked_twin_opens_no_engine() -> None:
    fold, _ = fold_all(parked())
    restored = Fold.restore(fold.snapshot(), refuse)
    assert restored.parked == fold.parked
    assert restored.digest() == fold.digest()


def test_a_parked_twin_remembers_the_writer_whose_genesis_frees_it() -> None:
    journal = parked()
    journal.acquire(Epoch(2, "writer-b"))
    fold, _ = fold_all(journal)
    restored = Fold.restore(fold.snapshot(), open_cart)
    later = len(journal.records)
    journal.begin(incarnation=2)
    journal.frames(2)
    rest = list(journal)[later + 1 :]  # the acquisition and what was before it are not read again
    said = [each for offset, record in rest for each in restored.take(offset, record)]
    assert restored.parked is None
    assert [each.incarnation for each in predictions(said)] == [2, 2]


def test_a_genesis_for_another_version_of_the_fold_parks() -> None:
    journal = JournalBuilder().begin(replace(STAMPS, fold_version=FOLD_VERSION + 1))
    journal.frame()
    fold, emitted = fold_all(journal)
    assert fold.parked is not None
    assert fold.parked.startswith("fold_version")
    assert emitted == []


def chain_of(journal: JournalBuilder) -> bytes:
    _, emitted = fold_all(journal)
    return predictions(emitted)[-1].chain


@pytest.mark.parametrize("early", [False, True])
def test_the_chain_tells_predictions_apart_that_come_from_one_state(early: bool) -> None:
    chains = []
    for force in (1.0, 2.0):
        journal = JournalBuilder().begin()
        journal.push(force, at=journal.time(0))
        journal.frame()
        if early:  # a difference in the past stays one
            journal.reset({}, to_initial=True)
            journal.frames(2)
        chains.append(chain_of(journal))
    assert chains[0] != chains[1]


def test_the_chain_tells_states_apart_that_predict_the_same() -> None:
    chains = []
    for measured in (0.0, 1.0):  # the same force from the plant, or from a command
        journal = JournalBuilder().begin()
        journal.push(1.0 - measured)
        journal.frame(reading(2, journal.time(-1), measured))
        chains.append(chain_of(journal))
    assert chains[0] != chains[1]
