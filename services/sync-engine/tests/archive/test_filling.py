"""Ranges hold what was read without a gap, and say nothing of what nobody read."""

import pytest

from sync_engine.handlers.filling import Bounds, Filling
from twin_common.bus.types import Record

BOUNDS = Bounds(after_ms=1000, size=10_000, kept_ms=100_000, kept_bytes=1_000_000)


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
    found = filling.range(BOUNDS)
    filling.sealed(found)
    assert (offsets(found), filling.first) == ([10, 11, 12], 13)


def test_what_was_removed_before_anything_was_read_belongs_to_no_range(filling):
    filling.take(record(40))
    assert (filling.first, offsets(filling.range(BOUNDS))) == (40, [40])


def test_a_range_ends_before_a_gap_and_the_next_begins_behind_it(filling):
    for offset in (10, 11, 40, 41):
        filling.take(record(offset))
    found = filling.range(BOUNDS)
    filling.sealed(found)
    assert (offsets(found), filling.first) == ([10, 11], 40)
    assert offsets(filling.range(BOUNDS)) == [40, 41]
