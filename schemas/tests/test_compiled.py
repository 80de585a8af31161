"""Compiled functions write and read what fastavro does; what they leave to it, it gets."""

import io
import math
import struct
from dataclasses import replace

import fastavro
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from twin_schemas import codec, examples, releases
from twin_schemas.compiled import decoder, encoder
from twin_schemas.compiled.varint import read_long, write_long
from twin_schemas.errors import EncodeError
from twin_schemas.layout import layout
from twin_schemas.records import (
    RECORD_TYPES,
    Epoch,
    HorizonFrame,
    ObservationFrame,
    PredictionFrame,
    Quality,
    Reading,
    TwinPrediction,
)
from twin_schemas.testing import any_record

NEWEST = releases.latest(releases.load(layout().ids))
SCHEMAS = {name: releases.schema_of(layout(), NEWEST[name]) for name in RECORD_TYPES if name in NEWEST}
WRITE = {name: made for name, schema in SCHEMAS.items() if (made := encoder(b"", schema))}
READ = {name: made for name, schema in SCHEMAS.items() if (made := decoder(0, schema))}
PARSED = {name: fastavro.parse_schema(SCHEMAS[name]) for name in WRITE}
LONGS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-9000, 9000), st.integers(2**60, 2**62))


def by_fastavro(record) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, PARSED[type(record).__name__], record.to_avro())
    return out.getvalue()


def read_by_fastavro(name: str, data: bytes):
    source = io.BytesIO(data)
    found = RECORD_TYPES[name].from_avro(fastavro.schemaless_reader(source, PARSED[name], None))
    if source.tell() != len(data):
        raise ValueError("something follows")
    return found


def plain():
    return any_record().filter(lambda record: type(record).__name__ in WRITE)


def test_the_records_of_every_tick_are_compiled():
    assert {
        each.__name__ for each in (ObservationFrame, PredictionFrame, TwinPrediction, HorizonFrame)
    } <= WRITE.keys()
    assert {"FoldSnapshot", "CheckpointTaken", "SimStatus", "SyncStatus"} <= WRITE.keys()
    assert READ.keys() <= WRITE.keys()


def equal(record) -> bool:
    data = by_fastavro(record)
    name = type(record).__name__
    return WRITE[name](record) == data and (name not in READ or repr(READ[name](data)) == repr(record))


@settings(max_examples=300, deadline=None)
@given(plain())
def test_the_bytes_are_those_of_fastavro_and_the_record_comes_back(record):
    assert equal(record)


def test_a_mutant_that_swaps_two_symbols_is_seen(monkeypatch):
    schema = SCHEMAS["Reading"]
    (quality,) = (field["type"] for field in schema["fields"] if field["name"] == "quality")
    mutated = {**schema, "fields": [*schema["fields"][:-1], {**schema["fields"][-1]}]}
    mutated["fields"][-1]["type"] = {**quality, "symbols": quality["symbols"][::-1]}
    monkeypatch.setitem(WRITE, "Reading", encoder(b"", mutated))
    assert not equal(Reading(1, [2.0], 3, Quality.GOOD))


@settings(max_examples=400, deadline=None)
@given(plain().filter(lambda record: type(record).__name__ in READ), st.data())
def test_of_damaged_bytes_nothing_is_read_that_fastavro_reads_differently(record, data):
    name, damaged = type(record).__name__, bytearray(by_fastavro(record))
    assume(damaged)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at] = data.draw(st.integers(0, 255))
    damaged = damaged[: data.draw(st.integers(0, len(damaged)))] if data.draw(st.booleans()) else damaged
    try:
        found = READ[name](bytes(damaged))
    except (LookupError, ValueError, OverflowError, TypeError, struct.error):
        return  # fastavro's to judge
    assert repr(found) == repr(read_by_fastavro(name, bytes(damaged)))


@given(LONGS, st.binary(max_size=12))
def test_a_number_is_read_as_it_was_written_wherever_it_stands(value, behind):
    data = write_long(value)
    out = io.BytesIO()
    fastavro.schemaless_writer(out, "long", value)
    assert data == out.getvalue()
    for _ in range(2):  # the second time it is remembered
        assert read_long(data + behind, 0) == (value, len(data))
        assert read_long(behind + data, len(behind)) == (value, len(behind) + len(data))


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 2**80])
def test_a_number_beyond_64_bits_is_not_written(value):
    with pytest.raises(EncodeError, match="tick"):
        codec.encode(ObservationFrame(Epoch(1, "w"), value, [], 0))


@pytest.mark.parametrize("bad", ["1", None, b"1"])
def test_what_is_no_number_is_refused_by_its_place(bad):
    with pytest.raises(EncodeError, match="readings"):
        codec.encode(ObservationFrame(Epoch(1, "w"), 1, [Reading(bad, [1.0], 1, Quality.GOOD)], 0))


def test_numbers_that_are_not_finite_travel():
    frame = ObservationFrame(Epoch(1, "w"), 1, [Reading(0, [math.nan, math.inf], 1, Quality.LATE)], 0)
    assert repr(codec.decode(codec.encode(frame))) == repr(frame)


def test_a_mutant_that_swaps_two_branches_of_a_union_is_seen(monkeypatch):
    schema = SCHEMAS["CheckpointTaken"]
    fields = [
        {**each, "type": each["type"][::-1]} if each["name"] == "blob" else each for each in schema["fields"]
    ]
    monkeypatch.setitem(WRITE, "CheckpointTaken", encoder(b"", {**schema, "fields": fields}))
    assert not equal(examples.load("CheckpointTaken")["minimal"])


def test_what_is_of_no_branch_is_refused_by_its_place():
    taken = examples.load("CheckpointTaken")["minimal"]
    with pytest.raises(EncodeError, match="blob"):
        codec.encode(replace(taken, blob=7))
