"""Going on from a portable state: near what the twin would have done, with everything that waited (journal rule 19)."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from support import fold_all, positions
from test_physics import BOX, CHANNELS, CONTACTS, HINGE, MS, eventful, opened

from twin_schemas import codec
from twin_schemas.records import CommandApplied, CommandRefused, PortableState, PredictionFrame, TwinGenesis
from twin_sim.fold import Build, Fold, differences, portable_digest
from twin_sim.testing.cart import open_cart
from twin_sim.testing.journals import STAMPS, JournalBuilder, reading

NEAR = 1e-6
"""How near in m, rad and their rates per second; committed before the first run."""

Change = Callable[[PortableState], PortableState]


def as_it_is(state: PortableState) -> PortableState:
    return state


def without_velocities(state: PortableState) -> PortableState:
    moving = ("velocity", "twist")
    return replace(
        state, values={path: v for path, v in state.values.items() if path.rpartition(".")[2] not in moving}
    )


def carried(fold: Fold, change: Change = as_it_is) -> PortableState:
    """The portable state as it arrives through a journal."""
    portable = fold.portable()
    assert portable is not None
    decoded = codec.decode(codec.encode(change(portable)))
    assert isinstance(decoded, PortableState)
    return decoded


def goes_on(journal: JournalBuilder, portable: PortableState, **stamps: str) -> None:
    """Begin an incarnation at the next tick."""
    following = journal.tick + 1
    journal.grid = replace(journal.grid, tick=following, time_ns=journal.time(following))
    journal.begin(replace(STAMPS, **stamps), incarnation=2)
    genesis = journal.records[-1]
    assert isinstance(genesis, TwinGenesis)
    journal.records[-1] = replace(genesis, state=portable, state_digest=portable_digest(portable))


def furthest_from_the_first(change: Change) -> float:
    """How far the next second of a flying box and a pendulum parts from what its old incarnation says of it."""
    open_twin, digest = opened(CONTACTS)
    journal = JournalBuilder(CONTACTS, CHANNELS)
    journal.begin(replace(STAMPS, model_digest=digest))
    journal.frames(3)
    journal.reset(
        {
            f"{BOX}.pose": [0.0, 0.0, 40.0, 0.9, 0.1, 0.3, 0.2],
            f"{HINGE}.velocity": [2.0],
            f"{HINGE}.position": [0.5],
        }
    )
    journal.mass(0.9, path="/World/arm.mass")
    journal.push(0.4, joint=HINGE)
    journal.frame(reading(2, journal.time(journal.tick + 1), 0.2))
    journal.frames(4)
    old = Fold(open_twin)
    for offset, record in journal:
        old.take(offset, record)
    at = len(journal.records)
    portable = carried(old, change)
    same = JournalBuilder(CONTACTS, CHANNELS)
    same.records, same.tick, same.grid = list(journal.records), journal.tick, journal.grid
    goes_on(journal, portable, model_digest=digest)
    journal.frames(10)
    same.frames(10)
    new = Fold(open_twin)

    def said(fold: Fold, of: JournalBuilder, start: int) -> list[list[float]]:
        return [
            each.values
            for offset, record in list(of)[start:]
            for each in fold.take(offset, record)
            if isinstance(each, PredictionFrame)
        ]

    before, after = said(old, same, at), said(new, journal, at)
    assert new.parked is None
    assert len(before) == len(after) == 10
    return max(
        abs(a - b) for one, other in zip(before, after, strict=True) for a, b in zip(one, other, strict=True)
    )


def test_another_build_goes_on_near_where_the_first_one_was() -> None:
    assert furthest_from_the_first(as_it_is) < NEAR


def test_a_state_without_velocities_is_found_out() -> None:
    assert furthest_from_the_first(without_velocities) > 1000 * NEAR


def test_a_portable_state_holds_every_free_body_and_joint() -> None:
    open_twin, digest = opened(CONTACTS)
    fold = Fold(open_twin)
    for offset, record in eventful(digest):
        fold.take(offset, record)
    portable = carried(fold)
    assert set(portable.values) == {f"{HINGE}.position", f"{HINGE}.velocity", f"{BOX}.pose", f"{BOX}.twist"}
    assert portable.overrides == {"/World/arm.mass": 0.9}
    assert portable.parameter_version == 1


def test_taking_a_portable_state_changes_nothing() -> None:
    open_twin, digest = opened(CONTACTS)
    journal = eventful(digest)
    straight, asked = Fold(open_twin), Fold(opened(CONTACTS)[0])
    for offset, record in journal:
        straight.take(offset, record)
        asked.take(offset, record)
        asked.portable()
    assert asked.digest() == straight.digest()


def test_commands_that_wait_go_along_and_act_at_their_time() -> None:
    journal = JournalBuilder().begin()
    journal.frames(3)
    journal.push(4.0, at=journal.time(6))
    journal.frame()
    old, _ = fold_all(journal)
    portable = carried(old)
    goes_on(journal, portable)
    journal.frames(5)
    _, said = fold_all(journal)
    acted = [each for each in said if isinstance(each, CommandApplied)]
    assert [(each.command_id, each.incarnation, each.late_ns) for each in acted] == [("push", 2, 0)]
    assert not [each for each in said if isinstance(each, CommandRefused)]
    assert positions(said)[9] == pytest.approx(0.5 * 4.0 / 2.0 * 0.3**2)


def test_a_command_that_came_after_the_state_was_taken_is_refused() -> None:
    journal = JournalBuilder().begin()
    journal.frames(3)
    portable = carried(fold_all(journal)[0])
    journal.push(4.0, at=journal.time(20))
    goes_on(journal, portable)
    journal.frames(2)
    _, said = fold_all(journal)
    assert [(each.command_id, each.code) for each in said if isinstance(each, CommandRefused)] == [
        ("push", "superseded")
    ]


def test_parameters_and_held_inputs_go_along() -> None:
    journal = JournalBuilder().begin()
    journal.mass(4.0)
    journal.frame(reading(2, journal.time(0) + 10 * MS, 8.0))
    journal.frames(2)
    old, _ = fold_all(journal)
    goes_on(journal, carried(old))
    fold, _ = fold_all(journal)
    assert fold.state is not None
    assert (fold.state.overrides, fold.state.parameter_version) == ({"/Cart.mass": 4.0}, 1)
    assert fold.state.held_inputs == {2: [8.0]}


def test_a_checkpoint_of_such_an_incarnation_restores_without_the_portable_state() -> None:
    journal = JournalBuilder().begin()
    journal.push(1.0)
    journal.frames(3)
    goes_on(journal, carried(fold_all(journal)[0]))
    journal.frames(3)
    fold, _ = fold_all(journal)
    snapshot = fold.snapshot()
    assert snapshot.genesis.state is None
    assert snapshot.genesis.state_digest is not None
    assert Fold.restore(snapshot, open_cart).digest() == fold.digest()


def test_the_same_checkpoint_carried_on_stands_where_it_stood() -> None:
    journal = JournalBuilder().begin()
    journal.push(1.0)
    journal.frames(5)
    old, _ = fold_all(journal)
    on = Fold.carry_on(old.snapshot(), carried(old), open_cart)
    journal.frames(3)
    at = len(journal.records) - 3
    for offset, record in list(journal)[at:]:
        assert on.take(offset, record)[-1].values == old.take(offset, record)[-1].values  # type: ignore[union-attr]


def test_an_engine_is_asked_nothing_after_it_was_closed() -> None:
    journal = JournalBuilder().begin()
    journal.frames(1)
    fold, _ = fold_all(journal)
    fold.close()
    assert fold.portable() is None


def test_differences_of_builds_are_named() -> None:
    here = Build.of(STAMPS)
    assert differences(here, here) == ""
    assert differences(here, replace(here, engine_build="2", fold_version=here.fold_version + 1)) == (
        f"engine build 1 → 2, fold version {here.fold_version} → {here.fold_version + 1}"
    )
