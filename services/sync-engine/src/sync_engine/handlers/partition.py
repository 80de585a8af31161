"""One partition that the group has given to this process."""

import asyncio
from math import inf
from typing import Final

from sync_engine.domain.publication import Publication
from sync_engine.domain.tally import Tally
from sync_engine.handlers.held import HeldTwin
from twin_common.clock import NS_PER_S
from twin_common.logs import get_logger
from twin_schemas.records import IncarnationRequested, TwinSpec

_DOUBT_NS: Final = 10 * NS_PER_S
"""No second doubt is looked into so soon after one: it takes the broker's time."""
_CANCEL_S = 1.0
_MOST_REQUESTS: Final = 256
"""Specs are rarely behind by more than some; a worker whose request is given up asks again within seconds."""
_log = get_logger(__name__)


class Partition:
    """One partition that the group has given to this process.

    Attributes:
        number: which.
        twins: those held, by id.
        ready: its journals are ours, so commands can be handled.
        requests: incarnations asked for by twins whose spec hasn't come yet, the oldest first.
        tallies: by twin; they go on when its journal is taken over again.
        publications: by twin; they go on when a twin is read anew while the partition is ours.
        end: the journal's, when it was taken over.
        read_back: up to this offset the journal was read since.
        losses: how often it was in doubt or let go: what was written before may not count.
        unconfirmed: of commands that were written and may not count: the losses then, by their offset.
        leaving: somebody else takes it over: twins that come now are theirs.
        doubted: twins of which it is to be looked whether they have another writer.
        held_back: those of which nothing is published until that is known.
        looked_up_s: when that was done last, by the loop's clock.
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
        self.publications: dict[str, Publication] = {}
        self.followed = False
        self.losses = 0
        self.unconfirmed: dict[int, int] = {}
        self.leaving = False
        self.end = 0
        self.read_back = 0
        self.doubted: set[str] = set()
        self.held_back: set[str] = set()
        self.looked_up_s = -inf
        self._doubted_ns: int | None = None
        self.task: asyncio.Task[None] | None = None

    def doubt(self, twin: str, now_ns: int) -> None:
        """Something came of a twin that only a successor's journal leads to. Anybody can write that: what counts is the
        journal, which is read in the order of things, and now once more, in case that nothing is heard of it.
        """
        if self._doubted_ns is None or now_ns - self._doubted_ns >= _DOUBT_NS:
            self._doubted_ns = now_ns
            self.doubted.add(twin)
            self.changed.set()

    def look_up(self, held: HeldTwin) -> None:
        """A successor may have published what waited here: it is to be looked whether there is one."""
        self.held_back.add(held.session.spec.twin)
        self.changed.set()

    async def stop(self) -> None:
        """End the task that takes it over; a library in between may swallow a cancellation."""
        while self.task is not None and not self.task.done():
            self.task.cancel()
            await asyncio.wait({self.task}, timeout=_CANCEL_S)

    def keep(self, request: IncarnationRequested) -> None:
        """An incarnation is asked for by a twin whose spec is on its way on another topic, if it ever comes."""
        self.requests.pop(request.twin, None)
        self.requests[request.twin] = request
        if len(self.requests) > _MOST_REQUESTS:
            given_up = self.requests.pop(next(iter(self.requests)))
            _log.warning(
                "gave up a request for an incarnation of a twin that nobody knows",
                partition=self.number,
                twin=given_up.twin,
                request=given_up.request_id,
            )

    def overtakes(self, offset: int) -> bool:
        """Whether a command in front of this one was written in vain, and has to be written again before it."""
        return any(each < offset and losses != self.losses for each, losses in self.unconfirmed.items())

    def forget(self) -> None:
        """Nothing is held any more. Requests stay: their commands are committed, so nobody reads them again."""
        self.losses += 1
        self.ready.clear()
        self.twins.clear()
        self.publications.clear()
        self.arriving.clear()
        self.unusable.clear()
        self.doubted.clear()
        self.held_back.clear()
        self.followed = False

    def lose(self) -> None:
        """It may not be ours any more: everything stops now, and is taken over anew if it still is."""
        self.losses += 1
        self.ready.clear()
        self.lost.set()
        self.changed.set()
