"""What the trajectory over the last ticks remembers, and when it begins anew (journal rules 11 and 13)."""

from dataclasses import replace

import numpy as np
import pytest
from support import fold_all, predictions

from twin_schemas.records import Channel, ChannelKind, ChannelRole, Grid, Innovation, Quality
from twin_sim.fold.layout import ChannelLayout
from twin_sim.fold.trajectory import Trajectory
from twin_sim.testing.journals import JournalBuilder, S, reading

MS = 1_000_000


def moving() -> JournalBuilder:
    """A cart that leaves the origin at tick -1 with 1 m/s."""
    journal = JournalBuilder().begin()
    journal.reset({"/Rail.velocity": [1.0]})
    return journal


def last_innovations(journal: JournalBuilder) -> list[Innovation]:
    fold, emitted = fold_all(journal)
    assert fold.parked is None
    return predictions(emitted)[-1].innovations


@pytest.mark.parametrize("after_ms", [0, 1, 30])
def test_what_was_corrected_at_a_tick_counts_from_that_tick_on(after_ms: int) -> None:
    journal = moving()
    journal.frames(3)
    at = journal.time(3)
    journal.frame(reading(0, at - 20 * MS, 0.38 + 0.5))
    journal.frame(reading(0, at + after_ms * MS, 0.9 + after_ms / 1000))
    (innovation,) = last_innovations(journal)
    assert innovation.values == [pytest.approx(0.0, abs=1e-12)]


def test_what_was_before_a_correction_is_not_rewritten_by_it() -> None:
    journal = moving()
    journal.frames(3)
    at = journal.time(3)
    journal.frame(reading(0, at, 0.4 + 0.5))
    journal.frame(reading(0, at - 10 * MS, 0.39))
    (innovation,) = last_innovations(journal)
    assert innovation.values == [pytest.approx(0.0, abs=1e-12)]


def test_two_readings_up_to_the_tick_are_both_compared_with_what_was_predicted() -> None:
    journal = moving()
    journal.frames(3)
    at = journal.time(3)
    journal.frame(reading(0, at - 20 * MS, 0.38 + 0.5), reading(0, at, 0.4 + 0.2))
    values = [innovation.values for innovation in last_innovations(journal)]
    assert values == [[pytest.approx(0.5, abs=1e-12)], [pytest.approx(0.2, abs=1e-12)]]


@pytest.mark.parametrize(("early_ns", "quality"), [(0, Quality.GOOD), (1, Quality.LATE)])
def test_the_ring_reaches_back_as_many_ticks_as_configured(early_ns: int, quality: Quality) -> None:
    journal = moving()
    journal.frames(9)
    oldest = journal.time(journal.tick - journal.config.ring_ticks)
    journal.frame(reading(0, oldest - early_ns, 0.5))
    (innovation,) = last_innovations(journal)
    assert innovation.quality == quality


def test_after_a_gap_the_ring_holds_the_state_as_it_was_before() -> None:
    journal = moving()
    journal.frames(3)
    journal.skip(2)
    held, skipped = journal.time(4), journal.time(3)
    journal.frame(reading(0, held, 0.3), reading(0, skipped, 0.3))
    at_end, inside = last_innovations(journal)
    assert at_end.values == [pytest.approx(0.0, abs=1e-12)]
    assert inside.quality == Quality.LATE


def test_a_reading_ahead_of_a_shortened_tick_is_compared_with_a_roll_out_of_the_whole_next_one() -> None:
    journal = moving()
    journal.frames(3)
    journal.segment(Grid(3, journal.time(3) - 75 * MS, 10, 1))
    at = journal.time(3) + 50 * MS
    journal.frame(reading(0, at, (at - journal.time(3)) / S + 0.325))
    (innovation,) = last_innovations(journal)
    assert innovation.values == [pytest.approx(0.0, abs=1e-12)]


def test_an_orientation_between_two_samples_is_one() -> None:
    pose = Channel(0, "/Box", ChannelKind.POSE, "m", ChannelRole.OBSERVED)
    layout = ChannelLayout.of([pose, replace(pose, index=1)])
    trajectory = Trajectory(layout)
    still = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    trajectory.append(0, [*still, *still])
    trajectory.append(100, [*still, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    middle = trajectory.at(1, 50)
    half = float(np.sqrt(0.5))
    assert middle == pytest.approx([1.0, 0.0, 0.0, half, 0.0, 0.0, half])
