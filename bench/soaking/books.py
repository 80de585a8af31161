"""What is still kept of journals and predictions, compared."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence

from _platform import Platform

from hanzo_twin.audit.entries import JournalEntry
from hanzo_twin.audit.frames import frames_in_force
from twin_schemas.records import TimeDiscontinuity, TwinSpec
from twin_sim.journal import EpochFilter

SETTLING_S = 5.0


async def unaccounted(on: Platform, specs: Sequence[TwinSpec]) -> Mapping[str, int]:
    """Frames without a prediction, ticks that nothing names, and frames of one tick too many, over all twins.

    Judged from the raw topics; of a journal whose beginning is gone, from the oldest record in force on.
    """
    await asyncio.sleep(SETTLING_S)
    found: Counter[str] = Counter({"frames without prediction": 0, "ticks missing": 0, "ticks twice": 0})
    for spec in specs:
        predictions = await on.twins.streams.read_predictions(spec)
        said = {(each.record.incarnation, each.record.offset) for each in predictions}
        oldest = min((each.record.offset for each in predictions), default=0)
        read = await on.twins.streams.read_journal(spec)
        journal = [JournalEntry(each.offset, 0, each.record) for each in read]
        frames = [frame for frame in frames_in_force(journal) if frame.identity.offset >= oldest]
        last = max((each.record.offset for each in predictions), default=0)
        found["frames without prediction"] += sum(
            (frame.identity.incarnation, frame.identity.offset) not in said
            for frame in frames
            if frame.identity.offset <= last
        )
        epochs = EpochFilter()
        named = [each.record for each in journal if epochs.admits(each.record)]
        gaps = [record for record in named if isinstance(record, TimeDiscontinuity)]
        skipped = {tick for gap in gaps for tick in range(gap.first_tick, gap.last_tick + 1)}
        ticks = [frame.tick for frame in frames]
        if ticks:
            found["ticks missing"] += len(set(range(min(ticks), max(ticks) + 1)) - set(ticks) - skipped)
            found["ticks twice"] += len(ticks) - len(set(ticks))
    return found
