"""Counts what a fold says."""

from sim_worker.domain.status import Counts
from twin_schemas.records import CommandApplied, PredictionFrame
from twin_sim.fold import Emitted


def count(counts: Counts, emitted: list[Emitted], repeated: bool) -> None:
    """Count what one record led to; `repeated`: it was in the journal before this worker had it."""
    for said in emitted:
        if isinstance(said, PredictionFrame):
            counts.frames += 1
            counts.predictions += 1
            counts.repeated += repeated
        elif isinstance(said, CommandApplied):
            counts.commands_applied += 1
        else:
            counts.commands_refused += 1
