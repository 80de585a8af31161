"""A sealed range gives back what went into it, byte for byte, or says that it can't."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin_common.archive.ranges import index_of, pack, unpack
from twin_common.bus.types import Record
from twin_common.errors import RangeCorrupt

HEADERS = st.lists(st.tuples(st.text(max_size=9), st.one_of(st.none(), st.binary(max_size=9))), max_size=2)
PARTS = st.tuples(
    st.integers(1, 3),
    st.one_of(st.none(), st.sampled_from([b"", b"a", b"\xff", b"twin"])),
    st.one_of(st.none(), st.binary(max_size=40)),
    HEADERS,
    st.integers(-(2**62), 2**62),
)


def made(parts, first=0):
    records, offset = [], first
    for step, key, value, headers, at in parts:
        offset += step
        records.append(Record("t", 3, offset, key, value, tuple(headers), at))
    return records


RECORDS = st.lists(PARTS, min_size=1, max_size=30).map(made)


@given(RECORDS)
def test_every_record_comes_back_byte_for_byte_and_in_order(records):
    assert list(unpack(pack(records))) == records


@given(RECORDS)
def test_the_records_of_one_key_come_back_alone(records):
    for key in {record.key for record in records} - {None}:
        assert list(unpack(pack(records), key)) == [record for record in records if record.key == key]


@given(RECORDS)
def test_the_same_records_give_the_same_bytes(records):
    assert pack(records) == pack(list(records))


@given(RECORDS)
def test_the_index_says_what_is_inside(records):
    index = index_of(pack(records))
    assert (index.topic, index.partition) == ("t", 3)
    assert (index.first, index.last, index.count) == (records[0].offset, records[-1].offset, len(records))


def some():
    return made([(1, b"a", b"one", [], 5), (1, b"b", b"two", [], 6), (1, b"a", b"three", [], 7)])


def test_a_range_that_drops_a_record_is_caught_by_its_count():
    whole, less = pack(some()), pack(some()[:-1])
    assert whole != less
    end = struct.unpack(">Q", less[-8:])[0]
    index = json.loads(less[-8 - end : -8])
    index["count"] += 1
    forged = json.dumps(index, separators=(",", ":")).encode()
    body = less[: -8 - end]
    with pytest.raises(RangeCorrupt):
        index_of(body + forged + struct.pack(">Q", len(forged)))
    index["blocks"][0][3] += 1
    forged = json.dumps(index, separators=(",", ":")).encode()
    with pytest.raises(RangeCorrupt):
        list(unpack(body + forged + struct.pack(">Q", len(forged))))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_range_are_refused(data):
    with pytest.raises(RangeCorrupt):
        index_of(data)


@given(st.data())
def test_a_range_that_was_cut_short_is_refused(data):
    blob = pack(some())
    cut = data.draw(st.integers(0, len(blob) - 1))
    with pytest.raises(RangeCorrupt):
        list(unpack(blob[:cut]))


@pytest.mark.parametrize("records", [[], [some()[1], some()[0]], [some()[0], some()[0]]])
def test_only_records_in_order_make_a_range(records):
    with pytest.raises(ValueError, match="range"):
        pack(records)
