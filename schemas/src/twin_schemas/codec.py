"""Records to bytes and back: Confluent framing (magic 0, schema id as 4 bytes big-endian, Avro binary).

The writer's schema is found by the id in the frame; the reader's own schema takes part only where the two
differ, which keeps the usual path short.
"""

import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from io import BytesIO
from typing import Any, NamedTuple

from fastavro import parse_schema, schemaless_reader, schemaless_writer
from fastavro.schema import SchemaParseException

from twin_schemas import releases
from twin_schemas.avsc import NAMESPACE
from twin_schemas.compiled import Decode, Encode, decoder, encoder
from twin_schemas.errors import CorruptRecord, EncodeError, UnknownSchema, UnreleasedSchema
from twin_schemas.faults import first_fault
from twin_schemas.layout import Layout, layout
from twin_schemas.record import Record
from twin_schemas.records import FINGERPRINTS, RECORD_TYPES

_FRAME = struct.Struct(">bI")
_MAGIC = 0

_default: "Codec | None" = None

# What fastavro raises for bytes that aren't a value of the schema.
_UNREADABLE = (
    EOFError,
    LookupError,
    ValueError,
    OverflowError,
    TypeError,
    struct.error,
    SchemaParseException,
)


_UNWRITABLE = (ValueError, TypeError, OverflowError, LookupError, AttributeError)


# What compiled functions raise for what isn't plain, and is left to fastavro.
_UNFIT = (*_UNWRITABLE, struct.error)


class _Writer(NamedTuple):
    frame: bytes
    schema: Any
    plain: Encode | None


class _Reader(NamedTuple):
    record: type[Record]
    writer_schema: Any
    reader_schema: Any | None
    plain: Decode | None


class Codec:
    """Encodes and decodes the record types of the catalogue.

    Args:
        external_ids: for an external schema registry: subject (the full type name) → version → the
            registry's id. None: the ids of the catalogue.
        files: the catalogue to take releases from.
        write_up_to: write no release with a higher id in the catalogue, so that a build that has only those can read
            what this one writes while both run; what those have no field for isn't written. None: the newest.
    """

    def __init__(
        self,
        external_ids: Mapping[str, Mapping[int, int]] | None = None,
        files: Layout | None = None,
        write_up_to: int | None = None,
    ) -> None:
        """Read the list of ids; schemas are parsed when first used."""
        self._files = files or layout()
        known = releases.load(self._files.ids)
        self._latest = releases.latest(known)
        self._written = releases.latest(
            [each for each in known if write_up_to is None or each.id <= write_up_to]
        )
        self._external = external_ids
        self._releases: dict[int, releases.Release] = {}
        for release in known:
            wire_id = self.wire_id(release)
            if wire_id is not None:
                self._releases[wire_id] = release
        self._writers: dict[type[Record], _Writer] = {}
        self._readers: dict[int, _Reader] = {}
        self._parsed: dict[releases.Release, Any] = {}

    def encode(self, record: Record) -> bytes:
        """The framed bytes of a record.

        Raises:
            EncodeError: a value doesn't fit its field; the error names the field.
            UnreleasedSchema: the type changed since its last release, or was never released.
        """
        writer = self._writers.get(type(record)) or self._writer(type(record))
        if writer.plain is not None:
            with suppress(*_UNFIT):
                return writer.plain(record)
        out = BytesIO()
        out.write(writer.frame)
        try:
            schemaless_writer(out, writer.schema, record.to_avro())
        except _UNWRITABLE as error:
            path, reason = first_fault(writer.schema, record) or ("", str(error))
            raise EncodeError(type(record).__name__, path, reason) from error
        return out.getvalue()

    def digests(self, record: Record) -> Iterator[str]:
        """sha256 of the record's bytes as every release of its type writes them, newest first.

        A digest that an older build published is among them, as what that build didn't know isn't in its bytes.
        """
        name = type(record).__name__
        for release in sorted(self._releases.values(), key=lambda each: -each.version):
            wire_id = self.wire_id(release)
            if release.type != name or wire_id is None:
                continue
            out = BytesIO(_FRAME.pack(_MAGIC, wire_id))
            out.seek(_FRAME.size)
            try:
                schemaless_writer(out, self._schema(release), record.to_avro())
            except _UNWRITABLE:
                continue  # it has values that this release has no place for
            yield sha256(out.getvalue()).hexdigest()

    def decode(self, data: bytes) -> Record:
        """The record of framed bytes.

        Raises:
            UnknownSchema: the schema id isn't known here.
            CorruptRecord: no frame, or not exactly one value of the schema.
        """
        wire_id = schema_id(data)
        reader = self._readers.get(wire_id) or self._reader(wire_id)
        if reader.plain is not None:
            with suppress(*_UNFIT):
                return reader.plain(data)
        source = BytesIO(data)
        source.seek(_FRAME.size)
        try:
            # Names come with values only where a union has several records to choose from.
            datum: Any = schemaless_reader(
                source,
                reader.writer_schema,
                reader.reader_schema,
                return_record_name=True,
                return_record_name_override=True,
            )
            record = reader.record.from_avro(datum)
        except _UNREADABLE as error:
            raise CorruptRecord(self._corrupt(wire_id, data, str(error) or type(error).__name__)) from error
        if source.tell() != len(data):
            raise CorruptRecord(
                self._corrupt(wire_id, data, f"{len(data) - source.tell()} bytes follow the record")
            )
        return record

    def release(self, wire_id: int) -> releases.Release:
        """The release that an id on the wire names.

        Raises:
            UnknownSchema: none.
        """
        try:
            return self._releases[wire_id]
        except KeyError:
            raise UnknownSchema(wire_id) from None

    def wire_id(self, release: releases.Release) -> int | None:
        """The id that stands for a release on the wire; None where the external registry has none."""
        if self._external is None:
            return release.id
        return self._external.get(f"{NAMESPACE}.{release.type}", {}).get(release.version)

    def _writer(self, record: type[Record]) -> _Writer:
        name = record.__name__
        release = self._latest.get(name)
        if RECORD_TYPES.get(name) is not record:
            raise EncodeError(name, "", "not a record type of this catalogue")
        if release is None or release.sha256 != FINGERPRINTS[name]:
            raise UnreleasedSchema(
                f"{name} changed since its last release: run python -m twin_schemas release"
            )
        written = self._written.get(name)
        if written is None:
            raise UnreleasedSchema(f"{name} is newer than the schema ids that may be written here now")
        wire_id = self.wire_id(written)
        if wire_id is None:
            raise UnreleasedSchema(
                f"the external registry has no id for {record.AVRO_NAME} version {written.version}"
            )
        frame = _FRAME.pack(_MAGIC, wire_id)
        plain = encoder(frame, releases.schema_of(self._files, written))
        writer = _Writer(frame, self._schema(written), plain)
        self._writers[record] = writer
        return writer

    def _schema(self, release: releases.Release) -> Any:
        schema = self._parsed.get(release)
        if schema is None:
            schema = self._parsed[release] = parse_schema(releases.schema_of(self._files, release))
        return schema

    def _reader(self, wire_id: int) -> _Reader:
        release = self.release(wire_id)
        record = RECORD_TYPES.get(release.type)
        if record is None:
            raise UnknownSchema(wire_id, f"schema id {wire_id}: {release.type} has no class in this build")
        newest = self._latest[release.type]
        written = releases.schema_of(self._files, release)
        reader_schema, plain = None, None
        if newest != release:
            reader_schema = parse_schema(releases.schema_of(self._files, newest))
        elif release.sha256 == FINGERPRINTS.get(release.type):
            plain = decoder(_FRAME.size, written)
        reader = _Reader(record, parse_schema(written), reader_schema, plain)
        self._readers[wire_id] = reader
        return reader

    def _corrupt(self, wire_id: int, data: bytes, reason: str) -> str:
        return f"{self._releases[wire_id].type} (schema id {wire_id}, {len(data)} bytes): {reason}"


def schema_id(data: bytes) -> int:
    """The schema id that framed bytes name.

    Raises:
        CorruptRecord: shorter than a frame, or another magic byte.
    """
    if len(data) < _FRAME.size:
        raise CorruptRecord(f"{len(data)} bytes are no framed record: the frame alone has {_FRAME.size}")
    magic, wire_id = _FRAME.unpack_from(data)
    if magic != _MAGIC:
        raise CorruptRecord(f"the first byte is {data[0]}, not the framing's magic 0")
    return int(wire_id)


def default_codec() -> Codec:
    """This process's codec: with the catalogue's own ids, unless `use` gave it another."""
    global _default
    if _default is None:
        _default = Codec()
    return _default


def use(codec: Codec | None) -> None:
    """From now on encode and decode with this codec; None: with the catalogue's own ids again.

    For the start of a process whose bus uses an external schema registry (`twin_schemas.registry`).
    """
    global _default
    _default = codec


def encode(record: Record) -> bytes:
    """``Codec.encode`` with this process's codec."""
    return (_default or default_codec()).encode(record)


def digests(record: Record) -> Iterator[str]:
    """``Codec.digests`` with this process's codec."""
    return (_default or default_codec()).digests(record)


def decode(data: bytes) -> Record:
    """``Codec.decode`` with this process's codec."""
    return (_default or default_codec()).decode(data)
