"""Dead letters: which there are, who may see them, and how one is sent again."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice
from typing import Final, NamedTuple, Protocol

from api_gateway.domain.caller import Caller

REDRIVABLE: Final = ("control.commands", "sim.commands")
"""Topics of the catalogue whose letters may be sent again: commands, each of which checks who asks."""
SEQUENCED: Final = "sim.commands"
"""Whoever handles it remembers the newest commands only: what is sent again late might act again."""


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

    async def find(self, viewer: Viewer, id: LetterId) -> Letter | None:  # noqa: A002 (it is the letter's id)
        """A letter, unless there is none; also one that no page shows any more, as long as it is kept.

        Raises:
            Problem: as `page`, and when no broker answers.
        """
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
            Problem: `not_redrivable`; `redriven_before`; `unavailable` when no broker takes it.
        """
        ...


class LetterBook:
    """The newest letters of every organisation, without their content: none pushes out another's.

    Args:
        each: so many of one organisation are kept.
        all: so many altogether; of the one that has most, the oldest goes first.
    """

    def __init__(self, each: int, all: int) -> None:  # noqa: A002 (all of them)
        self._each, self._all = each, all
        self._letters: dict[LetterId, Letter] = {}
        self._own: dict[str | None, deque[LetterId]] = {}

    def add(self, letter: Letter) -> None:
        """Enter the next letter."""
        own = self._own.setdefault(letter.org, deque())
        if letter.id not in self._letters:
            own.append(letter.id)
        self._letters[letter.id] = letter
        if len(own) > self._each:
            self._forget(letter.org)
        elif len(self._letters) > self._all:
            self._forget(max(self._own, key=lambda org: len(self._own[org])))

    def _forget(self, org: str | None) -> None:
        del self._letters[self._own[org].popleft()]
        if not self._own[org]:
            del self._own[org]

    def redriven(self, id: LetterId, times: Redriven) -> None:  # noqa: A002 (it is the letter's id)
        """Note that one was sent again."""
        if (letter := self._letters.get(id)) is not None:
            self._letters[id] = replace(letter, redriven=(*letter.redriven, times))

    def knows(self, id: LetterId) -> bool:  # noqa: A002 (it is the letter's id)
        """Whether a letter is among the newest, so that it is known how often it was sent again."""
        return id in self._letters

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
        ownerless = self._own.get(None, ()) if viewer.ownerless else ()
        for id in merge(  # noqa: A001 (it is the letter's id)
            reversed(self._own.get(viewer.org, ())), reversed(ownerless), key=_offset, reverse=True
        ):
            letter = self._letters[id]
            if before is not None and id.offset >= before.offset:
                continue
            if not topics or letter.origin.topic in topics:
                yield letter


def _offset(id: LetterId) -> int:  # noqa: A002 (it is the letter's id)
    return id.offset
