"""What the handlers ask of the world, and nothing of how it is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from scene_manager.domain.cause import Cause, Note
from scene_manager.domain.effects import Effect
from scene_manager.domain.outbox import Draft, Entry
from scene_manager.domain.scene_ports import Scenes
from scene_manager.domain.twin import Twin


class Twins(Protocol):
    """The twins. What is read is locked until the transaction ends: commands for one twin take turns."""

    async def get(self, org: str, ref: str) -> Twin:
        """An organisation's twin by UUID, name or alias.

        Raises:
            TwinNotFound: there is none, it is another organisation's, or it is deleted.
        """
        ...

    async def find(self, twin_id: str) -> Twin | None:
        """The twin with this UUID whoever owns it, deleted or not."""
        ...

    async def add(self, twin: Twin) -> None:
        """Keep a new twin.

        Raises:
            NameUnavailable: a twin of any organisation holds the name.
            IdUnavailable: there is a twin with this UUID.
        """
        ...

    async def save(self, twin: Twin, *, expected_revision: int) -> None:
        """Keep a changed twin.

        Raises:
            RevisionConflict: somebody else was faster.
        """
        ...

    async def load(self, pool: str) -> Mapping[int, int]:
        """Twins that aren't deleted, by partition of a pool."""
        ...

    async def kept(self, org: str) -> int:
        """An organisation's twins that aren't deleted. Nobody adds or starts one until this transaction ends."""
        ...

    async def running(self, org: str) -> int:
        """An organisation's twins that are desired to run. As above."""
        ...

    async def simulated(self, engine: str) -> int:
        """Twins of all organisations that are desired to run on an engine. Asked after the two above, if at all;
        nobody else asks until this transaction ends.
        """
        ...

    async def pinning(self, org: str, scene: str, version: int | None) -> Sequence[str]:
        """Names of the organisation's twins that use a version of a scene (any version for None), in order.

        Those count, too, that will use it after a restart; deleted ones don't.
        """
        ...


class Transaction(Protocol):
    """All that happens in it is kept, or nothing."""

    @property
    def twins(self) -> Twins:
        """The twins as this transaction sees them."""
        ...

    @property
    def scenes(self) -> Scenes:
        """The scenes as this transaction sees them."""
        ...

    def attempt(self) -> AbstractAsyncContextManager[None]:
        """A part that may fail: what it did to twins and scenes is undone when an error leaves it."""
        ...

    async def emit(self, drafts: Sequence[Draft]) -> None:
        """Have these done after the commit, in this order within each lane."""
        ...


class Encode(Protocol):
    """Turns effects into what the outbox keeps."""

    def __call__(self, effect: Effect, cause: Cause, answers: str | None) -> Draft:
        """An effect with everything that is fixed when it is decided: bytes, identity, time.

        `answers` is the id of the command that it is the answer to, or None.
        """
        ...


Decide = Callable[[Transaction], Awaitable[None]]


class UnitOfWork(Protocol):
    """Transactions over twins, scenes, inbox and outbox."""

    async def known(self, note: Note) -> bool:
        """Whether a message was handled.

        Raises:
            DatabaseUnreachable: the database gave up.
        """
        ...

    async def once(self, note: Note, decide: Decide, conflict: Callable[[], Sequence[Draft]]) -> bool:
        """Run `decide` in a transaction that also notes the message; a noted one has its answer sent again.

        The answer goes to everybody as before, and to the partition that this message names. A noted message that
        comes with another content is told `conflict` instead.

        Returns:
            Whether it was the first time.

        Raises:
            DatabaseUnreachable: the database gave up; nothing of it has been kept.
        """
        ...

    async def apply(self, decide: Decide) -> None:
        """Run `decide` in a transaction, for what is idempotent by itself.

        Raises:
            DatabaseUnreachable: the database gave up; nothing of it has been kept.
        """
        ...


class Backlog(Protocol):
    """The outbox in the hands of the one process that may empty it."""

    def lasts(self) -> bool:
        """Whether nobody else can have taken it over yet."""
        ...

    async def due(self, limit: int, without: Collection[str]) -> Sequence[Entry]:
        """The oldest entries not done, in order, but for those of the lanes in `without`."""
        ...

    async def pending(self) -> int:
        """How many entries aren't done."""
        ...

    async def newest(self, entry: Entry) -> Sequence[Draft]:
        """Of each topic and key of an entry's lane the newest record before it that was published."""
        ...

    async def done(self, entries: Sequence[Entry]) -> None:
        """Note that these are done; a public topic that has gone frees its twin's name."""
        ...

    async def forget(self, days: int, remembered: int) -> None:
        """Drop what was done more than `days` days ago. Notes of messages that were handled, and the answers to them,
        go after `remembered` days.
        """
        ...


class Outbox(Protocol):
    """What is committed and waits to be done."""

    def lead(self) -> AbstractAsyncContextManager[Backlog]:
        """Be the one process that empties it; waits while another one is.

        Raises:
            DatabaseUnreachable: the database doesn't answer; whoever led doesn't any more.
        """
        ...

    async def doubt(self, lanes: Collection[str]) -> None:
        """Whoever leads publishes the newest records of these lanes once more (`Kind.AGAIN`), in their place."""
        ...
