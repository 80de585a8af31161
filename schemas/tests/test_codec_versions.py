"""Readers and writers of different versions, and of different registries, understand each other."""

import io
import json
import shutil
from hashlib import sha256

import fastavro
import pytest

from twin_schemas import avsc, releases
from twin_schemas.codec import Codec, encode, schema_id
from twin_schemas.errors import InvalidSchema, UnknownSchema, UnreleasedSchema
from twin_schemas.layout import Layout, layout
from twin_schemas.records import Epoch, ObservationFrame, StartTwin

FRAME = ObservationFrame(Epoch(1, "sync-engine-0"), 7, [], -1, gap=True)
SUBJECT = "hanzo.twin.ObservationFrame"


@pytest.fixture
def two_versions(tmp_path):
    """A catalogue in which the frame had no ``gap`` before."""
    made = Layout(tmp_path)
    shutil.copytree(layout().avro, made.avro)
    current = avsc.load(made.avro).self_contained(SUBJECT)
    older = {**current, "fields": [field for field in current["fields"] if field["name"] != "gap"]}
    releases.append(made, {"ObservationFrame": older})
    releases.append(made, {"ObservationFrame": current})
    return made


def test_an_older_record_gets_the_default_of_a_field_that_it_lacks(two_versions):
    old = fastavro.parse_schema(json.loads((two_versions.released / "ObservationFrame.1.avsc").read_text()))
    out = io.BytesIO(b"\0\0\0\0\1")
    out.seek(5)
    fastavro.schemaless_writer(out, old, FRAME.to_avro())
    assert Codec(files=two_versions).decode(out.getvalue()) == ObservationFrame(
        Epoch(1, "sync-engine-0"), 7, [], -1
    )


def test_writers_use_the_newest_version(two_versions):
    codec = Codec(files=two_versions)
    assert schema_id(codec.encode(FRAME)) == 2
    assert codec.decode(codec.encode(FRAME)) == FRAME


def test_a_type_that_is_not_as_released_is_not_written(two_versions):
    current = avsc.load(two_versions.avro).self_contained(SUBJECT)
    newer = {**current, "fields": [*current["fields"], {"name": "more", "type": "int", "default": 0}]}
    releases.append(two_versions, {"ObservationFrame": newer})
    with pytest.raises(UnreleasedSchema, match="ObservationFrame"):
        Codec(files=two_versions).encode(FRAME)


def test_a_type_that_was_never_released_is_not_written(two_versions):
    with pytest.raises(UnreleasedSchema, match="StartTwin"):
        Codec(files=two_versions).encode(StartTwin("pendulum"))


def test_an_altered_release_is_not_used(two_versions):
    path = two_versions.released / "ObservationFrame.2.avsc"
    path.write_text(path.read_text().replace("long", "int"))
    with pytest.raises(InvalidSchema, match="id 2"):
        Codec(files=two_versions).encode(FRAME)


def test_an_external_registrys_ids_take_the_place_of_ours():
    codec = Codec({SUBJECT: {1: 100_007}})
    data = codec.encode(FRAME)
    assert schema_id(data) == 100_007
    assert data[5:] == encode(FRAME)[5:]
    assert codec.decode(data) == FRAME


def test_with_an_external_registry_our_own_ids_mean_nothing():
    with pytest.raises(UnknownSchema):
        Codec({SUBJECT: {1: 100_007}}).decode(encode(FRAME))


def test_a_subject_that_the_external_registry_lacks_is_named():
    with pytest.raises(UnreleasedSchema, match=r"no id for hanzo\.twin\.StartTwin version \d"):
        Codec({SUBJECT: {1: 100_007}}).encode(StartTwin("pendulum"))


def test_a_writer_that_is_held_back_is_read_by_who_knows_only_the_old_version(two_versions):
    data = Codec(files=two_versions, write_up_to=1).encode(FRAME)
    assert schema_id(data) == 1
    old = fastavro.parse_schema(json.loads((two_versions.released / "ObservationFrame.1.avsc").read_text()))
    source = io.BytesIO(data)
    source.seek(5)
    read = fastavro.schemaless_reader(source, old)
    assert "gap" not in read
    assert (read["tick"], source.tell()) == (7, len(data))


def test_a_type_that_is_newer_than_what_may_be_written_is_not_written(two_versions):
    with pytest.raises(UnreleasedSchema, match="newer than the schema ids"):
        Codec(files=two_versions, write_up_to=0).encode(FRAME)


def test_the_digests_of_a_record_hold_those_that_older_builds_published(two_versions):
    known = Codec(files=two_versions)
    old = Codec(files=two_versions, write_up_to=1).encode(FRAME)
    assert list(known.digests(FRAME)) == [sha256(known.encode(FRAME)).hexdigest(), sha256(old).hexdigest()]


def test_the_digests_of_another_record_are_others(two_versions):
    known = Codec(files=two_versions)
    other = ObservationFrame(Epoch(1, "sync-engine-0"), 8, [], -1)
    assert not set(known.digests(other)) & set(known.digests(FRAME))
