"""Topics: what a topic file says, and the Kafka settings that follow from it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from twin_schemas.errors import InvalidTopic

PREFIX = "hanzo.twin"

_KIB = 1024
_MIB = _KIB * _KIB
_GIB = _MIB * _KIB
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_UNITS = {"KiB": _KIB, "MiB": _MIB, "GiB": _GIB}
_PERIODS = {"days": _DAY_MS, "hours": _HOUR_MS}
_REQUIRED = ("description", "owner", "key", "partitions", "retention", "producers", "consumers", "types")
_OPTIONAL = ("pattern", "segment_bytes", "max_message_bytes")

# Kafka's own limit for a record; a topic that carries other topics' records whole asks for more.
_MAX_MESSAGE_BYTES = _MIB
# Segments are the unit in which Kafka deletes and compacts: small enough that both keep up.
_SEGMENT_BYTES = 128 * _MIB


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic of the catalogue.

    Attributes:
        name: without the prefix, as ``sim.journal``; for a twin's public topic the twin's name.
        description: what it carries, in a sentence.
        owner: the service whose maintainers review a change.
        key: what the records' key is, in words.
        partitions: partition count.
        retention_ms: how long records are kept; None when it is compacted.
        retention_bytes: at most this much is kept in a partition; None: no limit.
        compacted: the newest record of each key is kept.
        segment_bytes: size of a log segment.
        max_message_bytes: largest record batch that the broker takes.
        producers: packages that write it.
        consumers: packages that read it.
        types: record types that it may carry.
    """

    name: str
    description: str
    owner: str
    key: str
    partitions: int
    retention_ms: int | None
    retention_bytes: int | None
    compacted: bool
    segment_bytes: int
    max_message_bytes: int
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    types: tuple[str, ...]

    @property
    def kept_text(self) -> str:
        """How long records are kept, for people: ``7 d / 8 GiB a partition``."""
        if self.retention_ms is None:
            return "compacted"
        hours = self.retention_ms // _HOUR_MS
        period = f"{hours // 24} d" if hours % 24 == 0 else f"{hours} h"
        return (
            period
            if self.retention_bytes is None
            else f"{period} / {_size(self.retention_bytes)} a partition"
        )

    def physical(self, prefix: str = PREFIX) -> str:
        """Its name on the broker: ``hanzo.twin.sim.journal``."""
        return f"{prefix}.{self.name}"

    def config(self) -> dict[str, str]:
        """The broker's settings for the topic.

        The record timestamp is the broker's append time: retention looks at it, and event times may be old. Nothing is
        kept compressed, so that the largest record is as large to those who read it, and write it on.
        """
        settings = {
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(self.max_message_bytes),
            "compression.type": "uncompressed",
            "segment.bytes": str(self.segment_bytes),
        }
        if self.retention_ms is None:
            # The active segment is never compacted, so a quiet topic rolls it daily.
            compaction = {"min.cleanable.dirty.ratio": "0.2", "segment.ms": str(_DAY_MS)}
            return settings | {"cleanup.policy": "compact"} | compaction
        segment_ms = max(_HOUR_MS, min(_DAY_MS, self.retention_ms // 8))
        return settings | {
            "cleanup.policy": "delete",
            "retention.ms": str(self.retention_ms),
            "retention.bytes": str(-1 if self.retention_bytes is None else self.retention_bytes),
            "segment.ms": str(segment_ms),
        }


@dataclass(frozen=True, slots=True)
class TopicFile:
    """A parsed topic file: the topic, and for a family of topics the pattern of their names."""

    spec: TopicSpec
    pattern: str | None


def load(folder: Path) -> dict[str, TopicFile]:
    """Every topic file of a folder, by its name without ``.yaml``.

    Raises:
        InvalidTopic: a file is not YAML, a key is missing, unknown or of the wrong kind.
    """
    return {path.stem: parse(path.stem, path.read_text()) for path in sorted(folder.glob("*.yaml"))}


def parse(name: str, text: str) -> TopicFile:
    """One topic file.

    Raises:
        InvalidTopic: naming the file and the key.
    """
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InvalidTopic(f"topics/{name}.yaml: {error}") from error
    if not isinstance(raw, dict):
        raise InvalidTopic(f"topics/{name}.yaml: not a mapping")
    for key in _REQUIRED:
        if raw.get(key) in (None, "", []):
            raise InvalidTopic(f"topics/{name}.yaml: {key} is missing")
    if unknown := set(raw) - {*_REQUIRED, *_OPTIONAL}:
        raise InvalidTopic(f"topics/{name}.yaml: unknown keys: {', '.join(sorted(map(str, unknown)))}")
    read = _Reader(name, raw)
    retention_ms, retention_bytes = read.retention()
    segment = read.size("segment_bytes", _SEGMENT_BYTES)
    spec = TopicSpec(
        name=name,
        description=read.text("description"),
        owner=read.text("owner"),
        key=read.text("key"),
        partitions=read.count("partitions"),
        retention_ms=retention_ms,
        retention_bytes=retention_bytes,
        compacted=retention_ms is None,
        segment_bytes=segment,
        max_message_bytes=read.size("max_message_bytes", _MAX_MESSAGE_BYTES),
        producers=read.names("producers"),
        consumers=read.names("consumers"),
        types=read.names("types"),
    )
    return TopicFile(spec, read.text("pattern") if "pattern" in raw else None)


class _Reader:
    """Typed access to the keys of one file."""

    def __init__(self, name: str, raw: Mapping[str, Any]) -> None:
        self._name = name
        self._raw = raw

    def text(self, key: str) -> str:
        value = self._raw[key]
        return value if isinstance(value, str) else self._refuse(key, "a text")

    def count(self, key: str) -> int:
        value = self._raw[key]
        return value if type(value) is int and value > 0 else self._refuse(key, "a whole number above 0")

    def names(self, key: str) -> tuple[str, ...]:
        value = self._raw[key]
        if (
            not isinstance(value, list)
            or not all(isinstance(item, str) for item in value)
            or len(set(value)) < len(value)
        ):
            self._refuse(key, "a list of different names")
        return tuple(value)

    def size(self, key: str, default: int) -> int:
        return self._bytes(key, self._raw[key]) if key in self._raw else default

    def retention(self) -> tuple[int | None, int | None]:
        """Milliseconds and bytes; (None, None) for a compacted topic."""
        value = self._raw["retention"]
        if value == "compacted":
            return None, None
        periods = [key for key in value if key in _PERIODS] if isinstance(value, dict) else []
        if len(periods) != 1 or set(value) - {"bytes", *_PERIODS} or type(value[periods[0]]) is not int:
            self._refuse("retention", "'compacted', or {days: n} or {hours: n}, and bytes if wanted")
        limit = self._bytes("retention", value["bytes"]) if "bytes" in value else None
        return value[periods[0]] * _PERIODS[periods[0]], limit

    def _bytes(self, key: str, value: object) -> int:
        match = re.fullmatch(r"(\d+) ?([KMG]iB)", value) if isinstance(value, str) else None
        return int(match[1]) * _UNITS[match[2]] if match else self._refuse(key, "a size like 16MiB")

    def _refuse(self, key: str, wanted: str) -> Any:
        raise InvalidTopic(f"topics/{self._name}.yaml: {key} must be {wanted}, not {self._raw[key]!r}")


def _size(count: int) -> str:
    unit = next(unit for unit in ("GiB", "MiB", "KiB") if count % _UNITS[unit] == 0)
    return f"{count // _UNITS[unit]} {unit}"
