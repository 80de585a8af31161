"""The tables, as dictionaries of immutable values, so that a copy of the dictionaries is a snapshot."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields

from scene_manager.domain.cause import Note
from scene_manager.domain.outbox import Entry
from scene_manager.domain.scene import Version
from scene_manager.domain.scene_proposal import Fate, Proposal
from scene_manager.domain.twin import Twin


@dataclass(slots=True)
class Tables:
    """What is kept.

    Attributes:
        twins: by UUID, deleted ones too.
        names: UUID of the twin that holds a name.
        versions: of a scene, by organisation and name, in order.
        numbered: UUID of a scene and its highest version number ever, by organisation and name.
        proposals: for scene versions, with what became of them, by UUID.
        removals: of blobs: number, and whether it has ended, by digest.
        inbox: messages handled, by what they are noted under.
        outbox: entries by number.
        waiting: numbers of entries not done.
    """

    twins: dict[str, Twin] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    versions: dict[tuple[str, str], tuple[Version, ...]] = field(default_factory=dict)
    numbered: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    proposals: dict[str, tuple[Proposal, Fate | None]] = field(default_factory=dict)
    removals: dict[str, tuple[int, bool]] = field(default_factory=dict)
    inbox: dict[str, Note] = field(default_factory=dict)
    outbox: dict[int, Entry] = field(default_factory=dict)
    waiting: dict[int, None] = field(default_factory=dict)


class Store:
    """Tables with transactions, one at a time."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.lock = asyncio.Lock()
        self.leader = asyncio.Lock()

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Undo what is done inside when an error leaves it."""
        before = {item.name: dict(getattr(self.tables, item.name)) for item in fields(Tables)}
        try:
            yield
        except BaseException:
            for name, rows in before.items():
                setattr(self.tables, name, rows)
            raise
