"""Whatever a record holds, the fold takes it whole, or parks and stays as it was before it (journal rule 24)."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from support import fold_all
from test_physics import CHANNELS, CONTACTS, HINGE, eventful, opened

from twin_schemas import codec
from twin_schemas.records import (
    Epoch,
    FoldSnapshot,
    Grid,
    GridSegment,
    JointCommand,
    ParametersApplied,
    Resumed,
    StateReset,
    TimeDiscontinuity,
    TwinGenesis,
)
from twin_sim.fold import Fold
from twin_sim.journal import JournalRecord
from twin_sim.testing.cart import open_cart
from twin_sim.testing.journals import STAMPS, START, JournalBuilder, S, reading

E = Epoch(1, "writer-a")
NAN, INF = float("nan"), float("inf")
LATER = 10**6


def regrid(**changes: int) -> Callable[[JournalBuilder], Grid]:
    return lambda j: replace(Grid(j.tick + 1, j.time(j.tick + 1), 30, 1), **changes)


def frame_of(*readings: tuple[int, float]) -> Callable[[JournalBuilder], None]:
    def write(journal: JournalBuilder) -> None:
        at = journal.time(journal.tick + 1)
        journal.frame(*[reading(channel, at, value) for channel, value in readings])

    return write


def appended(make: Callable[[JournalBuilder], JournalRecord]) -> Callable[[JournalBuilder], None]:
    return lambda journal: journal.records.append(make(journal))


def genesis_with(**changes: object) -> Callable[[JournalBuilder], None]:
    def write(journal: JournalBuilder) -> None:
        first = journal.records[1]
        assert isinstance(first, TwinGenesis)
        journal.records.append(replace(first, incarnation=2, **changes))  # type: ignore[arg-type]

    return write


PARKS: dict[str, Callable[[JournalBuilder], None]] = {
    "a reading that is not a number": frame_of((0, NAN)),
    "an infinite input": frame_of((2, INF)),
    "readings so far apart that their difference overflows": frame_of((0, -1.7e308), (0, 1.7e308)),
    "a segment without a rate": appended(lambda j: GridSegment(E, regrid(rate_num=0)(j), "rate")),
    "a segment that runs backwards": appended(lambda j: GridSegment(E, regrid(rate_num=-30)(j), "rate")),
    "a segment of an endless tick": appended(
        lambda j: GridSegment(E, regrid(rate_den=0)(j), "discontinuity")
    ),
    "a segment an hour ahead": appended(
        lambda j: GridSegment(E, regrid(time_ns=j.time(j.tick) + 3600 * S)(j), "relock")
    ),
    "a segment beyond 64 bits": appended(
        lambda j: GridSegment(E, regrid(time_ns=2**63 - 1)(j), "discontinuity")
    ),
    "a resumption without a rate": appended(lambda j: Resumed(E, regrid(rate_num=0)(j))),
    "a resumption at an old tick": appended(lambda j: Resumed(E, regrid(tick=1)(j))),
    "a resumption in the past": appended(lambda j: Resumed(E, regrid(time_ns=START)(j))),
    "a discontinuity to the end of time": appended(lambda j: TimeDiscontinuity(E, j.tick + 1, 2**62, "away")),
    "a genesis without a rate": genesis_with(grid=Grid(0, START, 0, 1)),
    "a genesis without substeps": genesis_with(fold=replace(CONTACTS, substeps=0)),
    "a genesis of endless steps": genesis_with(fold=replace(CONTACTS, step_hz=INF)),
    "a genesis of no steps": genesis_with(fold=replace(CONTACTS, step_hz=NAN)),
    "a genesis of an unknown channel": genesis_with(channels=[replace(CHANNELS[0], path="/Nowhere")]),
    "a genesis whose table is out of order": genesis_with(channels=list(CHANNELS[1:])),
}

REFUSED: dict[str, Callable[[JournalBuilder], JournalRecord]] = {
    "a command without targets": lambda j: JointCommand(E, "none", 99, []),
    "a target that is not a number": lambda j: _pushed(NAN),
    "a target of a joint that has no path": lambda j: _pushed(1.0, ""),
    "a reset to an infinite position": lambda j: StateReset(
        E, "reset", 99, False, {f"{HINGE}.position": [INF]}
    ),
    "a reset with too few numbers": lambda j: StateReset(E, "reset", 99, False, {"/World/box.pose": [1.0]}),
    "a reset to no rotation": lambda j: StateReset(E, "reset", 99, False, {"/World/box.pose": [0.0] * 7}),
    "a reset of a pose that follows": lambda j: StateReset(E, "r", 99, True, {"/World/arm.pose": [1.0] * 7}),
    "a reset of something without a kind": lambda j: StateReset(E, "reset", 99, True, {"position": [1.0]}),
    "a mass that is not a number": lambda j: ParametersApplied(E, "m", 99, 9, "m", {"/World/arm.mass": NAN}),
    "a mass below nothing": lambda j: ParametersApplied(E, "m", 99, 9, "m", {"/World/arm.mass": -1.0}),
    "a parameter of nothing": lambda j: ParametersApplied(E, "m", 99, 9, "m", {"": 1.0}),
}


def _pushed(force: float, joint: str = HINGE) -> JointCommand:
    journal = JournalBuilder()
    journal.push(force, joint=joint)
    (record,) = journal.records
    assert isinstance(record, JointCommand)
    return replace(record, commands_offset=99)


def begun() -> tuple[Fold, JournalBuilder]:
    """A fold over MuJoCo with a command pending."""
    open_twin, digest = opened(CONTACTS)
    journal = JournalBuilder(CONTACTS, CHANNELS)
    journal.grid = Grid(0, START, 30, 1)
    journal.begin(replace(STAMPS, model_digest=digest))
    journal.frame(reading(0, journal.time(0), 0.2))
    journal.push(0.3, at=journal.time(40), joint=HINGE)
    journal.frames(2)
    fold = Fold(open_twin)
    for offset, record in journal:
        fold.take(offset, record)
    assert fold.parked is None
    return fold, journal


@pytest.mark.parametrize("poison", sorted(PARKS))
def test_a_poisonous_record_parks_the_twin_as_it_was_before(poison: str) -> None:
    fold, journal = begun()
    before = fold.snapshot()
    PARKS[poison](journal)
    assert fold.take(len(journal.records) - 1, journal.records[-1]) == []
    assert fold.parked is not None
    assert replace(fold.snapshot(), parked=None) == before


@pytest.mark.parametrize("poison", sorted(REFUSED))
def test_a_senseless_command_is_refused_and_moves_nothing(poison: str) -> None:
    fold, journal = begun()
    before = fold.snapshot()
    (said,) = fold.take(LATER, REFUSED[poison](journal))
    assert type(said).__name__ == "CommandRefused"
    assert fold.parked is None
    after = fold.snapshot()
    assert (after.engine, after.pending, after.commands_offset) == (before.engine, before.pending, 99)


def test_a_refused_command_leaves_what_follows_as_if_it_had_never_been() -> None:
    fold, journal = begun()
    straight, _ = begun()
    for make in REFUSED.values():
        fold.take(LATER, replace(make(journal), commands_offset=-1))  # type: ignore[call-arg]
    assert fold.state is not None
    fold.state.offset = len(journal.records) - 1
    journal.frame(reading(0, journal.time(journal.tick + 1), 0.1))
    for one in (fold, straight):
        one.take(len(journal.records) - 1, journal.records[-1])
    assert fold.digest() == straight.digest()


def test_an_error_of_the_model_while_a_command_is_checked_parks_before_it() -> None:
    journal = JournalBuilder().begin()
    journal.frame()
    fold, _ = fold_all(journal)
    before = fold.snapshot()
    fold.take(9, JointCommand(E, "none", 5, []))  # the cart looks at the first target without asking
    assert fold.parked is not None
    assert replace(fold.snapshot(), parked=None) == before


def test_a_first_genesis_that_cannot_be_folded_parks_until_the_next() -> None:
    journal = JournalBuilder().begin()
    first = journal.records[1]
    assert isinstance(first, TwinGenesis)
    fold = Fold(open_cart)
    fold.take(0, journal.records[0])
    fold.take(1, replace(first, grid=Grid(0, START, 0, 0)))
    assert fold.parked is not None
    fold.take(2, first)
    assert fold.parked is None


def test_a_genesis_says_of_every_pending_command_that_it_will_not_act() -> None:
    journal = JournalBuilder().begin()
    journal.push(1.0, at=journal.time(30), command="one")
    journal.push(2.0, at=journal.time(31), command="two")
    journal.frames(3)
    journal.begin(incarnation=2)
    journal.frames(2)
    fold, emitted = fold_all(journal)
    refused = [(s.command_id, s.code, s.incarnation) for s in emitted if hasattr(s, "code")]
    assert refused == [("one", "superseded", 2), ("two", "superseded", 2)]
    assert fold.state is not None
    assert fold.state.pending == []


def test_what_was_emitted_and_snapshotted_is_not_changed_by_what_follows() -> None:
    open_twin, digest = opened(CONTACTS)
    fold, kept = Fold(open_twin), []
    for offset, record in eventful(digest):
        things = [*fold.take(offset, record), *([fold.snapshot()] if fold.state else []), record]
        kept += [(thing, codec.encode(thing)) for thing in things]
    assert all(codec.encode(thing) == was for thing, was in kept)


def test_two_checkpoints_in_a_row_are_equal_between_records_of_any_kind() -> None:
    open_twin, digest = opened(CONTACTS)
    fold = Fold(open_twin)
    for offset, record in eventful(digest):
        fold.take(offset, record)
        if fold.state is not None:
            decoded = codec.decode(codec.encode(fold.snapshot()))
            assert isinstance(decoded, FoldSnapshot)
            again = Fold.restore(decoded, open_twin)
            assert again.digest() == fold.digest(), offset
            again.close()
