"""Ranges hold what was read without a gap, and say nothing of what nobody read."""

import pytest

from sync_engine.handlers.filling import Bounds, Filling
from twin_common.bus.types import Record

BOUNDS = Bounds(after_ms=1000, size=10_000, kept_ms=100_000, kept_bytes=1_000_000)

OLD = 10_000
SIZE = 100 + len(b"twin") + 50


def record(offset):
    return Record("journal", 0, offset, b"twin", b"x" * 50, (), offset)


@pytest.fixture
def filling():
    return Filling(10)


def offsets(records):
    return [each.offset for each in records]


def test_a_range_begins_where_the_one_before_has_ended(filling):
    for offset in (10, 11, 12):
        filling.take(record(offset))
    (found,) = filling.due(BOUNDS, OLD)
    filling.sealed(found)
    assert (offsets(found), filling.first, filling.due(BOUNDS, OLD)) == ([10, 11, 12], 13, [])


def test_what_was_removed_before_anything_was_read_belongs_to_no_range(filling):
    filling.take(record(40))
    assert (filling.first, [offsets(each) for each in filling.due(BOUNDS, OLD)]) == (40, [[40]])


def test_a_range_ends_before_a_gap_and_the_next_begins_behind_it(filling):
    for offset in (10, 11, 40, 41):
        filling.take(record(offset))
    found = filling.due(BOUNDS, OLD)
    assert [offsets(each) for each in found] == [[10, 11], [40, 41]]
    filling.sealed(found[0])
    assert (filling.first, filling.due(BOUNDS, OLD)) == (40, found[1:])


def test_full_ranges_are_due_at_once_and_what_is_left_when_it_is_old(filling):
    """Whoever reads the same records in other portions makes the same ranges of them."""
    for offset in range(10, 110):
        filling.take(record(offset))
    full = -(-BOUNDS.size // SIZE)
    young = filling.due(BOUNDS, 0)
    assert [offsets(each) for each in young] == [list(range(10, 10 + full))]
    old = filling.due(BOUNDS, OLD)
    assert [offsets(each) for each in old] == [list(range(10, 10 + full)), list(range(10 + full, 110))]
    for each in old:
        filling.sealed(each)
    assert (filling.first, filling.size, filling.records) == (110, 0, [])
