"""Records survive the wire, and a stock Avro reader sees the same."""

import io
import json
import math
import struct

import fastavro
import pytest
from hypothesis import given, settings

from twin_schemas import codec, releases
from twin_schemas.errors import EncodeError
from twin_schemas.layout import layout
from twin_schemas.records import (
    RECORD_TYPES,
    CheckpointTaken,
    Epoch,
    JointCommand,
    ObservationFrame,
    PendingCommand,
    Quality,
    Reading,
)
from twin_schemas.testing import any_record


def frame_of(*readings: Reading) -> ObservationFrame:
    return ObservationFrame(Epoch(1, "sync-engine-0"), 7, list(readings), -1)


def reading(value: float = 1.0, channel: int = 0) -> Reading:
    return Reading(channel, [value], 1_763_716_324_000_000_000, Quality.GOOD)


@settings(max_examples=150, deadline=None)
@given(any_record())
def test_any_record_comes_back_equal(record):
    back = codec.decode(codec.encode(record))
    assert back == record
    assert type(back) is type(record)


@settings(max_examples=150, deadline=None)
@given(any_record())
def test_a_stock_reader_with_the_released_schema_reads_the_same(record):
    data = codec.encode(record)
    release = codec.default_codec().release(codec.schema_id(data))
    schema = fastavro.parse_schema(json.loads((layout().released / release.file).read_text()))
    datum = fastavro.schemaless_reader(
        io.BytesIO(data[5:]), schema, None, return_record_name=True, return_record_name_override=True
    )
    assert type(record).from_avro(datum) == record


def test_the_frame_is_magic_zero_and_the_id_in_four_bytes():
    data = codec.encode(frame_of())
    magic, schema_id = struct.unpack(">bI", data[:5])
    assert magic == 0
    assert codec.default_codec().release(schema_id).type == "ObservationFrame"


def test_negative_zero_and_not_a_number_keep_their_bits():
    back = codec.decode(codec.encode(frame_of(reading(-0.0), reading(math.nan))))
    assert isinstance(back, ObservationFrame)
    assert math.copysign(1, back.readings[0].values[0]) == -1
    assert math.isnan(back.readings[1].values[0])


def test_enums_come_back_as_members():
    back = codec.decode(codec.encode(frame_of(reading())))
    assert back.readings[0].quality is Quality.GOOD


def test_a_union_of_records_remembers_which_one_it_was():
    command = JointCommand(Epoch(1, "w"), "c", -1, [])
    back = codec.decode(codec.encode(PendingCommand(3, command)))
    assert type(back.record) is JointCommand


@pytest.mark.parametrize(
    ("record", "path"),
    [
        (frame_of(reading(), Reading(0, ["x"], 1, Quality.GOOD)), "readings[1].values[0]"),
        (frame_of(Reading(0, [1.0], 1 << 63, Quality.GOOD)), "readings[0].time_ns"),
        (frame_of(Reading(0, [1.0], 1, "splendid")), "readings[0].quality"),
        (ObservationFrame(None, 7, [], -1), "epoch"),
        (ObservationFrame(Epoch(1, "\ud800"), 7, [], -1), "epoch.writer"),
        (ObservationFrame(Epoch(1, None), 7, [], -1), "epoch.writer"),
        (ObservationFrame(Epoch(1, "w"), 7, None, -1), "readings"),
        (ObservationFrame(Epoch(1, "w"), 7, [Epoch(1, "w")], -1), "readings[0]"),
        (PendingCommand(1, Epoch(1, "w")), "record"),
        (CheckpointTaken("o", "t", 1, 0, 1, 1, "d", snapshot=Epoch(1, "w")), "snapshot"),
        (frame_of(Reading(0, [10**400], 1, Quality.GOOD)), "readings[0].values[0]"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_the_path_of_its_field(record, path):
    with pytest.raises(EncodeError) as refused:
        codec.encode(record)
    assert refused.value.path == path
    assert path in str(refused.value)


def test_an_object_that_is_no_record_type_is_refused():
    class Reading:
        AVRO_NAME = "hanzo.twin.Reading"

    with pytest.raises(EncodeError, match="not a record type"):
        codec.encode(Reading())


def test_every_record_type_has_an_id():
    known = releases.load(layout().ids)
    assert {codec.default_codec().release(release.id).type for release in known} == set(RECORD_TYPES)
