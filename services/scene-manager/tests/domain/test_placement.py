"""Placement."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scene_manager.domain.placement import Pool


@given(st.integers(1, 24), st.integers(0, 200))
def test_placing_one_after_another_never_leaves_two_partitions_more_than_one_apart(
    partitions: int, twins: int
) -> None:
    pool = Pool("default", partitions)
    load: dict[int, int] = {}
    for _ in range(twins):
        place = pool.place(load)
        load[place.partition] = load.get(place.partition, 0) + 1
    counts = [load.get(number, 0) for number in range(partitions)]
    assert max(counts) - min(counts) <= 1


def test_a_partition_whose_twins_were_deleted_is_filled_first() -> None:
    assert Pool("default", 3).place({0: 2, 1: 1, 2: 2}).partition == 1


@pytest.mark.parametrize("workers", [2, 3, 4])
def test_few_twins_are_spread_over_the_workers_which_hold_partitions_in_a_row(workers: int) -> None:
    pool, load = Pool("default", 12), dict[int, int]()
    for _ in range(2 * workers):
        load[pool.place(load).partition] = 1
        counts = [sum(number * workers // 12 == worker for number in load) for worker in range(workers)]
        assert max(counts) - min(counts) <= 1 + (workers == 3)
