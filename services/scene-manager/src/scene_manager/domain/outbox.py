"""What waits to be done outside the database: encoded once, so every repeat is byte-equal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an entry asks for."""

    PUBLISH = "publish"
    CREATE_TOPIC = "create_topic"
    REMOVE_TOPIC = "remove_topic"


@dataclass(frozen=True, slots=True)
class Draft:
    """An effect, encoded.

    Attributes:
        lane: entries of one lane are done one after another.
        subject: topic in the catalogue, or for public topics the name of the twin.
        key: record key; empty for public topics.
        value: record value; None is a tombstone (and nothing for public topics).
        headers: record headers in order.
        answers: id of the command that this is the answer to, or None.
    """

    lane: str
    kind: Kind
    subject: str
    key: str = ""
    value: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    answers: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A draft with its place in the order."""

    seq: int
    draft: Draft
