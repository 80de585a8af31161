"""What befell a twin, from the raw topics."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bad_input_stage import Stage

from hanzo_twin.audit import frames_in_force
from hanzo_twin.audit.entries import JournalEntry
from twin_schemas.records import SimStatus, SourcesAcquired, TimeDiscontinuity, TwinGenesis, TwinSpec


@dataclass(frozen=True, slots=True)
class Life:
    """A twin's life so far.

    Attributes:
        frames: in its journal.
        unpredicted: (incarnation, offset) of those without a prediction.
        unaccounted_ticks: ticks that are neither a frame nor named by a discontinuity.
        incarnations, epochs: how many there were.
        phases: reported since it first ran.
        conditions: reported since then.
        workers: that ever reported.
    """

    frames: int
    unpredicted: list[tuple[int, int]]
    unaccounted_ticks: set[int]
    incarnations: int
    epochs: int
    phases: list[str]
    conditions: set[str]
    workers: int


async def life_of(stage: Stage, spec: TwinSpec) -> Life:
    """Read everything that was ever said of a twin. Frames of the last moment may still be unpredicted then."""
    streams = stage.twins.streams
    journal = [JournalEntry(item.offset, 0, item.record) for item in await streams.read_journal(spec)]
    await asyncio.sleep(1.0)  # what the newest frames led to is on its way
    predicted = {
        (item.record.incarnation, item.record.offset) for item in await streams.read_predictions(spec)
    }
    frames = frames_in_force(journal)
    records = [entry.record for entry in journal]
    skipped = {
        tick
        for record in records
        if isinstance(record, TimeDiscontinuity)
        for tick in range(record.first_tick, record.last_tick + 1)
    }
    ticks = {frame.tick for frame in frames}
    statuses = [status for status in await stage.all("twin.status", SimStatus) if status.twin == spec.twin]
    phases = [status.phase.value for status in statuses]
    first = phases.index("running")
    return Life(
        frames=len(frames),
        unpredicted=[tuple(frame.identity) for frame in frames if tuple(frame.identity) not in predicted],
        unaccounted_ticks=set(range(min(ticks), max(ticks) + 1)) - ticks - skipped,
        incarnations=sum(isinstance(record, TwinGenesis) for record in records),
        epochs=sum(isinstance(record, SourcesAcquired) for record in records),
        phases=sorted(set(phases[first:])),
        conditions={condition.type for status in statuses[first:] for condition in status.conditions},
        workers=len({status.worker for status in statuses}),
    )


async def commands_refused(stage: Stage, spec: TwinSpec) -> int:
    """Commands to a twin that its worker or its sync engine refused, as they report it."""
    reported = {item.spec.twin: item for item in await stage.twins.directory.reported()}[spec.twin]
    sim, sync = reported.sim, reported.sync
    return sum_refused({"sim": sim.counts if sim else {}, "sync": sync.counts if sync else {}})


def sum_refused(counts: dict[str, dict[str, int]]) -> int:
    """The same, from the counts that a status shows."""
    return sum(one.get("commands_refused", 0) for one in counts.values())
