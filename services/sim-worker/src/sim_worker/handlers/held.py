"""A partition of the journal that this worker holds, and the twins on it."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from sim_worker.domain.keeping import Contradiction, Losses
from sim_worker.domain.resume import resume_point
from sim_worker.handlers.twin import TwinRun
from twin_common.bus.types import TopicPartition


@dataclass(slots=True)
class Held:
    """One partition while it is this worker's.

    Attributes:
        tp: which.
        runs: its twins by UUID.
        kept: twins from when it was this worker's before, not yet compared with their checkpoints.
        end: the journal's end when the partition was taken over.
        position: the next offset to be read; what lies before it was given to its twin or waits in its queue.
        reading: its twins' checkpoints are known and the journal is being read.
        caught_up: the journal has been read to `end`.
        lost: the partition has gone; nothing of it may be acted on.
        tasks: work in the background on its behalf.
        committed: position and resume point stored last.
        first: the first offset that was read; -1: nothing was read yet.
        above: incarnations up to this one are used up in its journal, whatever that shows.
        condemned: twins that were found to have lost records when it was taken over.
        losses: what is noted outside of the broker of records that its journal has lost; None: that isn't known.
        examined: some of its twins have lost records, and not all of them go on yet.
        failure: what ended a task in the background that nobody expected to end so.
    """

    tp: TopicPartition
    runs: dict[str, TwinRun] = field(default_factory=dict)
    kept: dict[str, TwinRun] = field(default_factory=dict)
    end: int = 0
    position: int = 0
    reading: bool = False
    caught_up: bool = False
    lost: bool = False
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    committed: tuple[int, int] = (-1, -1)
    first: int = -1
    above: int = 0
    condemned: dict[str, Contradiction] = field(default_factory=dict)
    losses: Losses | None = None
    examined: bool = False
    failure: BaseException | None = None

    @property
    def number(self) -> int:
        """The partition's number."""
        return self.tp.partition

    @property
    def resume(self) -> int:
        """Where the next owner must begin to read."""
        return resume_point(self.position, (run.coverage.needed for run in self.runs.values()))

    def spawn(self, task: asyncio.Task[Any]) -> None:
        """Keep a task for as long as the partition is held."""
        self.tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failure = error

    def lose(self) -> None:
        """Stop everything in the background; twins that have folded something are kept in memory."""
        self.lost, self.reading = True, False
        for task in self.tasks:
            task.cancel()
        self.runs = {**self.kept, **self.runs}
        self.kept = {}
        for twin in [twin for twin, run in self.runs.items() if run.genesis is None or run.lost is not None]:
            self.runs.pop(twin).close()
        for run in self.runs.values():
            run.queue.clear()  # read again if the partition comes back
            run.preparing = run.saving = False

    def close(self) -> None:
        """Release everything."""
        for run in (*self.kept.values(), *self.runs.values()):
            run.close()
        self.kept.clear()
        self.runs.clear()
