"""What shall happen outside the database once a change is committed, as data.

Effects of one `lane` happen in the order in which they were committed; no lane waits for another.
"""

from __future__ import annotations

from dataclasses import dataclass

from twin_schemas.record import Record


@dataclass(frozen=True, slots=True)
class Fact:
    """A record for `control.events`.

    Attributes:
        lane: UUID of the twin or scene; also the record's key.
    """

    lane: str
    record: Record


@dataclass(frozen=True, slots=True)
class Written:
    """A new value, or with None the end, of a key in a compacted topic.

    Attributes:
        topic: name in the catalogue.
        key: key of the record.
        value: None is a tombstone.
    """

    lane: str
    topic: str
    key: str
    value: Record | None


@dataclass(frozen=True, slots=True)
class TopicWanted:
    """A twin's public topic shall exist."""

    lane: str
    name: str


@dataclass(frozen=True, slots=True)
class TopicUnwanted:
    """A deleted twin's public topic shall go; when it has, the twin's name is free."""

    lane: str
    name: str


@dataclass(frozen=True, slots=True)
class BlobUnwanted:
    """A blob of a deleted scene version shall go, unless another version names it."""

    lane: str
    digest: str


Effect = Fact | Written | TopicWanted | TopicUnwanted | BlobUnwanted
