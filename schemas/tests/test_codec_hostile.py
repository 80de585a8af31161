"""Whatever bytes arrive, the codec answers with a record or a typed error, and claims little memory."""

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin_schemas import codec
from twin_schemas.errors import CorruptRecord, SchemaError, UnknownSchema
from twin_schemas.records import RECORD_TYPES, Epoch, ObservationFrame, RingSample, SetRate, StartTwin
from twin_schemas.testing import any_record

# An Avro long of 2^62, as an array or string claims its size.
HUGE = b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"


def header(record):
    return codec.encode(record)[:5]


@settings(max_examples=100, deadline=None)
@given(any_record(), st.data())
def test_a_truncated_record_is_corrupt(record, data):
    whole = codec.encode(record)
    with pytest.raises(CorruptRecord):
        codec.decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


@settings(max_examples=200, deadline=None)
@given(any_record(), st.data())
def test_a_flipped_bit_gives_a_typed_error_or_a_different_record(record, data):
    whole = bytearray(codec.encode(record))
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    whole[bit // 8] ^= 1 << bit % 8
    try:
        back = codec.decode(bytes(whole))
    except SchemaError:
        return
    # Not always another record: Avro readers take every byte but 0 as true, and longer forms of a number.
    assert type(back) in RECORD_TYPES.values()


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(range(1, len(RECORD_TYPES) + 1)), st.binary(max_size=200))
def test_arbitrary_bytes_behind_a_valid_frame_give_a_record_or_a_typed_error(schema_id, body):
    try:
        record = codec.decode(b"\0" + schema_id.to_bytes(4, "big") + body)
    except CorruptRecord:
        return
    assert type(record) in RECORD_TYPES.values()


@settings(max_examples=100, deadline=None)
@given(any_record(), st.binary(min_size=1, max_size=8))
def test_trailing_bytes_are_corrupt(record, more):
    with pytest.raises(CorruptRecord, match="follow the record"):
        codec.decode(codec.encode(record) + more)


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\0\0", b"\1\0\0\0\1abc", b'{"a":1}'])
def test_bytes_without_a_frame_are_corrupt(data):
    with pytest.raises(CorruptRecord):
        codec.decode(data)


@pytest.mark.parametrize("schema_id", [0, 9_999, 0xFFFF_FFFF])
def test_an_unknown_schema_is_named_by_its_id(schema_id):
    with pytest.raises(UnknownSchema) as refused:
        codec.decode(b"\0" + schema_id.to_bytes(4, "big") + b"anything")
    assert refused.value.id == schema_id
    assert str(schema_id) in str(refused.value)


def test_a_string_that_is_not_utf8_is_corrupt():
    with pytest.raises(CorruptRecord, match="utf-8"):
        codec.decode(header(StartTwin("")) + b"\x04\xff\xfe")


def test_an_enum_symbol_out_of_range_is_corrupt():
    body = codec.encode(ObservationFrame(Epoch(0, ""), 0, [], 0))[:5] + b"\0\0\0\x02\0\0\0\x10\0\0\0"
    with pytest.raises(CorruptRecord):
        codec.decode(body)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(lambda: header(StartTwin("")) + HUGE + b"abc", id="string"),
        pytest.param(lambda: header(RingSample(0, [])) + b"\0" + HUGE + b"\0" * 64, id="array"),
        pytest.param(lambda: header(SetRate("", "", 1, 1, "")) + b"\0" + HUGE, id="second string"),
    ],
)
def test_a_huge_claimed_size_is_refused_without_claiming_the_memory(data):
    data = data()
    codec.default_codec()
    tracemalloc.start()
    try:
        with pytest.raises(CorruptRecord):
            codec.decode(data)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
