"""Dead letters: which there are, who may see them, and how one is sent again."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, NamedTuple, Protocol

from api_gateway.domain.caller import Caller

REDRIVABLE: Final = ("control.commands", "sim.commands")
"""Topics of the catalogue whose letters may be sent again: commands, each of which checks who asks."""


class Place(NamedTuple):
    """Where a record lies."""

    topic: str
    partition: int
    offset: int


PATTERN: Final = "(0|[1-9][0-9]{0,8})-(0|[1-9][0-9]{0,17})"
"""How a letter's id is written."""


class LetterId(NamedTuple):
    """A letter's place in the topic of dead letters; `0-17` as text."""

    partition: int
    offset: int

    @classmethod
    def parse(cls, text: str) -> LetterId | None:
        """The id that a text names, or None."""
        match = re.fullmatch(PATTERN, text)
        return cls(int(match[1]), int(match[2])) if match else None

    def __str__(self) -> str:
        return f"{self.partition}-{self.offset}"


@dataclass(frozen=True, slots=True)
class Redriven:
    """It was sent again."""

    actor: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class Letter:
    """What is known of a letter without its content.

    Attributes:
        id: its place.
        org: on whose behalf the record was written; None when its envelope couldn't be read.
        origin: where the record lay.
        type: name of its record type, when known here.
        schema_id: the id that it names, when readable.
        code, message: why it was refused.
        service: who gave up.
        attempts: tries.
        at_ns: when, ns since the Unix epoch.
        redriven: each time that it was sent again, oldest first.
    """

    id: LetterId
    org: str | None
    origin: Place
    type: str | None
    schema_id: int | None
    code: str
    message: str
    service: str
    attempts: int
    at_ns: int
    redriven: tuple[Redriven, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """The record that a letter keeps. Headers are without the token."""

    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose letters may be seen.

    Attributes:
        org: this organisation's.
        ownerless: those that name none, too: for administrators of the platform's own organisation.
    """

    org: str
    ownerless: bool

    @classmethod
    def of(cls, caller: Caller, platform_org: str) -> Viewer:
        """What a caller may see."""
        return cls(caller.org, caller.org == platform_org and caller.principal.role == "twin-admin")

    def sees(self, letter: Letter) -> bool:
        """Whether a letter is among them."""
        return self.ownerless if letter.org is None else letter.org == self.org


class Letters(Protocol):
    """The letters of all organisations; what a caller may not see isn't there."""

    def page(
        self, viewer: Viewer, topic: str | None, before: LetterId | None, limit: int
    ) -> Sequence[Letter]:
        """Up to `limit` letters, the newest first.

        Args:
            viewer: who looks.
            topic: only those of this topic, with or without its prefix.
            before: only older ones.
            limit: so many.

        Raises:
            Problem: `unavailable` while the letters aren't read yet.
        """
        ...

    def find(self, viewer: Viewer, id: LetterId) -> Letter | None:  # noqa: A002 (it is the letter's id)
        """A letter, unless there is none. Raises as `page`."""
        ...

    async def content(self, letter: Letter) -> Content | None:
        """What it keeps; None when the topic doesn't hold it any more.

        Raises:
            Problem: `unavailable` when no broker answers.
        """
        ...

    async def redrive(self, caller: Caller, letter: Letter, content: Content) -> Place:
        """Send the record to its origin again, in the caller's name; returns where it lies now.

        Raises:
            Problem: `not_redrivable`; `unavailable` when no broker takes it.
        """
        ...


class LetterBook:
    """The newest letters, without their content.

    Args:
        size: so many are kept.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._letters: OrderedDict[LetterId, Letter] = OrderedDict()

    def add(self, letter: Letter) -> None:
        """Enter the next letter."""
        self._letters[letter.id] = letter
        while len(self._letters) > self._size:
            self._letters.popitem(last=False)

    def redriven(self, id: LetterId, times: Redriven) -> None:  # noqa: A002 (it is the letter's id)
        """Note that one was sent again."""
        if (letter := self._letters.get(id)) is not None:
            self._letters[id] = replace(letter, redriven=(*letter.redriven, times))

    def find(self, viewer: Viewer, id: LetterId) -> Letter | None:  # noqa: A002 (it is the letter's id)
        """A letter that the viewer may see."""
        letter = self._letters.get(id)
        return letter if letter is not None and viewer.sees(letter) else None

    def page(
        self, viewer: Viewer, topics: frozenset[str], before: LetterId | None, limit: int
    ) -> list[Letter]:
        """Up to `limit` letters of some topics (all when empty), the newest first."""
        return list(islice(self._seen(viewer, topics, before), limit))

    def _seen(self, viewer: Viewer, topics: frozenset[str], before: LetterId | None) -> Iterator[Letter]:
        for letter in reversed(self._letters.values()):
            if before is not None and letter.id.offset >= before.offset:
                continue
            if viewer.sees(letter) and (not topics or letter.origin.topic in topics):
                yield letter
