"""What waits to be done outside the database: encoded once, so every repeat is byte-equal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

REPLIES: Final = "bus.replies"


class Kind(StrEnum):
    """What an entry asks for."""

    PUBLISH = "publish"
    CREATE_TOPIC = "create_topic"
    REMOVE_TOPIC = "remove_topic"
    REMOVE_BLOB = "remove_blob"
    AGAIN = "again"
    """Publish the newest record of each key of the lane once more: somebody who led no longer may have published an
    older one behind it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An effect, encoded.

    Attributes:
        lane: entries of one lane are done one after another.
        subject: topic in the catalogue, for public topics the name of the twin, for blobs the digest.
        key: record key; empty for public topics and blobs.
        value: record value; None is a tombstone (and nothing for public topics and blobs).
        headers: record headers in order.
        answers: what the command is noted under that this is the answer to, or None.
        partition: of the topic; None: the key's.
    """

    lane: str
    kind: Kind
    subject: str
    key: str = ""
    value: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    answers: str | None = None
    partition: int | None = None

    def reply(self, *, key: str, partition: int) -> Draft:
        """The very same record for the one who asked and reads this partition of the replies."""
        return replace(self, subject=REPLIES, key=key, partition=partition)


@dataclass(frozen=True, slots=True)
class Entry:
    """A draft with its place in the order."""

    seq: int
    draft: Draft
