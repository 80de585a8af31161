"""One partition that the group has given to this process."""

import asyncio

from sync_engine.domain.tally import Tally
from sync_engine.handlers.held import HeldTwin
from twin_schemas.records import IncarnationRequested, TwinSpec


class Partition:
    """One partition that the group has given to this process.

    Attributes:
        number: which.
        twins: those held, by id.
        ready: its journals are ours, so commands can be handled.
        requests: incarnations asked for by twins whose spec hasn't come yet.
        tallies: by twin; they go on when its journal is taken over again.
    """

    def __init__(self, number: int) -> None:
        """Nothing is held yet."""
        self.number = number
        self.twins: dict[str, HeldTwin] = {}
        self.ready = asyncio.Event()
        self.lost = asyncio.Event()
        self.changed = asyncio.Event()
        self.requests: dict[str, IncarnationRequested] = {}
        self.arriving: dict[str, list[tuple[int, bytes]]] = {}
        self.unusable: dict[str, TwinSpec] = {}
        self.tallies: dict[str, Tally] = {}
        self.followed = False
        self.task: asyncio.Task[None] | None = None

    def lose(self) -> None:
        """It may not be ours any more: everything stops now, and is taken over anew if it still is."""
        self.ready.clear()
        self.lost.set()
        self.changed.set()
