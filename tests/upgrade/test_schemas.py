"""While a service is replaced process by process, old and new ones read what the other writes."""

import io

import fastavro
import pytest

from twin_common.schema_ids import use_registry
from twin_common.settings.standard import Stream
from twin_schemas import codec, examples, releases
from twin_schemas.catalogue import catalogue
from twin_schemas.codec import Codec, schema_id
from twin_schemas.errors import UnreleasedSchema
from twin_schemas.layout import layout

KNOWN = releases.load(layout().ids)
BEFORE_PORTABLE_STATES = 84
"""The last schema id of the build before portable states."""


def read_by_an_old_build(data, newest):
    """With nothing but the releases that the old build has: its reader's schema is the newest of these."""
    written = next(release for release in KNOWN if release.id == schema_id(data))
    assert written.id <= newest
    known = releases.latest([release for release in KNOWN if release.id <= newest])
    schemas = [
        fastavro.parse_schema(releases.schema_of(layout(), each)) for each in (written, known[written.type])
    ]
    source = io.BytesIO(data)
    source.seek(5)
    record = fastavro.schemaless_reader(source, *schemas)
    assert source.tell() == len(data)
    return record


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_a_build_that_is_held_back_is_read_by_the_one_before_on_every_topic(name):
    held_back = Codec(write_up_to=BEFORE_PORTABLE_STATES)
    old = {release.type for release in KNOWN if release.id <= BEFORE_PORTABLE_STATES}
    for kind in catalogue()[name].types:
        for record in examples.load(kind).values():
            if kind in old:
                assert read_by_an_old_build(held_back.encode(record), BEFORE_PORTABLE_STATES)
            else:
                with pytest.raises(UnreleasedSchema):
                    held_back.encode(record)


@pytest.mark.parametrize("release", KNOWN, ids=lambda each: f"{each.id}-{each.type}")
def test_whatever_was_ever_released_is_read_by_this_build(release):
    """Every older version of a type, written from its examples as that build had them."""
    for record in examples.load(release.type).values():
        try:
            data = Codec(write_up_to=release.id).encode(record)
        except codec.EncodeError:
            continue  # an example of something that it couldn't say
        assert schema_id(data) == release.id
        assert type(codec.decode(data)).__name__ == release.type


def test_an_added_field_is_left_out_for_an_old_reader():
    genesis = examples.load("TwinGenesis")["full"]
    assert genesis.state is not None
    data = Codec(write_up_to=BEFORE_PORTABLE_STATES).encode(genesis)
    assert "state" not in read_by_an_old_build(data, BEFORE_PORTABLE_STATES)
    assert codec.decode(data).state is None


def test_a_writer_that_is_not_held_back_is_found_out():
    genesis = examples.load("TwinGenesis")["full"]
    with pytest.raises(AssertionError):
        read_by_an_old_build(codec.encode(genesis), BEFORE_PORTABLE_STATES)


async def test_a_process_is_held_back_by_its_settings():
    try:
        await use_registry(Stream(write_schema_ids_up_to=BEFORE_PORTABLE_STATES))
        assert schema_id(codec.encode(examples.load("TwinGenesis")["full"])) == 51
    finally:
        codec.use(None)
