"""A sealed range: contiguous records of one journal partition as one blob that describes itself.

A blob is a magic line, one compressed block for each key, and an index at the end: so the records of one twin are read
without those of the others. The same records always give the same bytes.
"""

from __future__ import annotations

import json
import struct
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import Any, Final

from twin_common.bus.types import Record
from twin_common.errors import RangeCorrupt

_MAGIC: Final = b"hanzo-twin journal range 1\n"
_LEVEL: Final = 3
_END: Final = struct.Struct(">Q")
_HEAD: Final = struct.Struct(">qqiH")
_PART: Final = struct.Struct(">Hi")
_NOTHING: Final = -1


@dataclass(frozen=True, slots=True)
class Block:
    """Where the records of one key lie in a blob.

    Attributes:
        key: of the records; None: they have none.
        at, size: in the blob, compressed.
        count: of records.
    """

    key: bytes | None
    at: int
    size: int
    count: int


@dataclass(frozen=True, slots=True)
class Index:
    """What a range holds.

    Attributes:
        topic, partition: where it came from.
        first, last: offsets of its first and last record.
        count: of records.
        blocks: one for each key.
    """

    topic: str
    partition: int
    first: int
    last: int
    count: int
    blocks: tuple[Block, ...]


def pack(records: Sequence[Record]) -> bytes:
    """The blob of these records: at least one, of one partition, in the order of their offsets.

    Raises:
        ValueError: there are none, or they aren't of one partition and in order.
    """
    if not records:
        raise ValueError("a range has at least one record")
    first, last = records[0], records[-1]
    by_key: dict[bytes | None, list[Record]] = {}
    before = first.offset - 1
    for record in records:
        if record.tp != first.tp or record.offset <= before:
            raise ValueError(
                f"{record.topic}[{record.partition}] offset {record.offset} can't follow {first.topic}"
                f"[{first.partition}] offset {before} in a range"
            )
        before = record.offset
        by_key.setdefault(record.key, []).append(record)
    blob, blocks = bytearray(_MAGIC), []
    for key, mine in sorted(by_key.items(), key=lambda item: (item[0] is not None, item[0] or b"")):
        packed = zlib.compress(b"".join(map(_bytes, mine)), _LEVEL)
        blocks.append([_text(key), len(blob), len(packed), len(mine)])
        blob += packed
    index = {
        "topic": first.topic,
        "partition": first.partition,
        "first": first.offset,
        "last": last.offset,
        "count": len(records),
        "blocks": blocks,
    }
    end = json.dumps(index, separators=(",", ":")).encode()
    return bytes(blob + end + _END.pack(len(end)))


def index_of(blob: bytes) -> Index:
    """What a blob holds.

    Raises:
        RangeCorrupt: it is no range.
    """
    try:
        if not blob.startswith(_MAGIC):
            raise ValueError("it doesn't begin as one")
        (size,) = _END.unpack(blob[-_END.size :])
        end = len(blob) - _END.size
        raw: dict[str, Any] = json.loads(blob[end - size : end])
        blocks = tuple(Block(_key(key), at, length, count) for key, at, length, count in raw.pop("blocks"))
        index = Index(**raw, blocks=blocks)
    except (ValueError, TypeError, KeyError, struct.error) as error:
        raise RangeCorrupt(f"a blob of {len(blob)} bytes is no range of a journal: {error}") from error
    if sum(block.count for block in blocks) != index.count:
        raise RangeCorrupt(f"a range of {index.count} records has blocks of another number")
    return index


def unpack(blob: bytes, key: bytes | None = None) -> Iterator[Record]:
    """The records of a blob in the order of their offsets, byte for byte as they were: all, or those of one key.

    Raises:
        RangeCorrupt: it is no range, or lacks a record that its index counts.
    """
    index = index_of(blob)
    wanted = [block for block in index.blocks if key is None or block.key == key]
    lists = [_records(blob, index, block) for block in wanted]
    return merge(*lists, key=lambda record: record.offset)


def _records(blob: bytes, index: Index, block: Block) -> list[Record]:
    found: list[Record] = []
    try:
        data = zlib.decompress(blob[block.at : block.at + block.size])
        at = 0
        while at < len(data):
            offset, timestamp, size, headers = _HEAD.unpack_from(data, at)
            value, at = _taken(data, at + _HEAD.size, size)
            read = []
            for _ in range(headers):
                name_size, value_size = _PART.unpack_from(data, at)
                name, at = _taken(data, at + _PART.size, name_size)
                content, at = _taken(data, at, value_size)
                read.append(((name or b"").decode(), content))
            found.append(
                Record(index.topic, index.partition, offset, block.key, value, tuple(read), timestamp)  # type: ignore[arg-type]
            )
    except (zlib.error, struct.error, ValueError) as error:
        raise RangeCorrupt(
            f"a block of offsets {index.first} to {index.last} can't be read: {error}"
        ) from error
    if len(found) != block.count:
        raise RangeCorrupt(
            f"offsets {index.first} to {index.last}: {len(found)} records of {block.key!r} instead of {block.count}"
        )
    return found


def _taken(data: bytes, at: int, size: int) -> tuple[bytes | None, int]:
    if size == _NOTHING:
        return None, at
    if at + size > len(data):
        raise ValueError("it ends in the middle of a record")
    return data[at : at + size], at + size


def _bytes(record: Record) -> bytes:
    value = record.value
    parts: list[bytes] = [
        _HEAD.pack(record.offset, record.timestamp_ms, _size(value), len(record.headers)),
        value or b"",
    ]
    for name, content in record.headers:
        encoded = name.encode()
        parts += [_PART.pack(len(encoded), _size(content)), encoded, content or b""]
    return b"".join(parts)


def _size(content: bytes | None) -> int:
    return _NOTHING if content is None else len(content)


def _text(key: bytes | None) -> str | None:
    return None if key is None else b64encode(key).decode()


def _key(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text, validate=True)
