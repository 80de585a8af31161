"""Whether a twin's stream is unbroken: each frame has one prediction, public once and in order, and no tick is missing.

Judged from the raw topics alone. A pause is judged by the broker's append times of the public stream.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hanzo_twin.audit.collect import Evidence
from hanzo_twin.audit.entries import JournalEntry
from hanzo_twin.audit.frames import Identity, frames_in_force
from twin_schemas.records import GridSegment, PredictionFrame, TimeDiscontinuity, TwinPrediction
from twin_sim.journal import EpochFilter


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a stream, and how much there was of it.

    Attributes:
        frames: frames in force.
        lost: of these, the ones without a prediction.
        unpublished: frames whose prediction isn't public.
        doubled: public records of a frame that was public before.
        disordered: public records of an earlier tick than the one before.
        missing: ticks that are neither in a frame nor named by a discontinuity.
        twice: ticks that are in two frames.
        named: ticks that only a discontinuity names.
        unequal: predictions that differ from the first one of their frame.
        void: predictions of a record that is no frame in force.
        repeated: predictions that came again, equal in every byte.
        slowed: changes of the rate.
    """

    frames: int
    lost: int
    unpublished: int
    doubled: int
    disordered: int
    missing: int
    twice: int
    named: int
    unequal: int
    void: int
    repeated: int
    slowed: int

    @property
    def wrong(self) -> int:
        """Everything that must not happen, counted."""
        kinds = (self.lost, self.unpublished, self.doubled, self.disordered)
        return sum(kinds) + self.missing + self.twice + self.named + self.unequal + self.void


def judge(evidence: Evidence) -> Verdict:
    """Settle one twin's account."""
    frames = frames_in_force(evidence.journal)
    due = {frame.identity for frame in frames}
    first: dict[Identity, bytes] = {}
    unequal = void = 0
    for entry in evidence.predictions:
        identity = _of(entry.frame)
        void += identity not in due
        unequal += first.setdefault(identity, entry.value) != entry.value
    public = [_of(entry.prediction) for entry in evidence.public]
    shown = [entry.prediction.tick for entry in evidence.public]
    ticks = [frame.tick for frame in frames]
    skipped, slowed = _named(evidence.journal)
    expected = range(min(ticks), max(ticks) + 1) if ticks else range(0)
    return Verdict(
        frames=len(frames),
        lost=len(due - first.keys()),
        unpublished=len((due & first.keys()) - set(public)),
        doubled=len(public) - len(set(public)),
        disordered=sum(b <= a for a, b in itertools.pairwise(shown)),
        missing=len(set(expected) - set(ticks) - skipped),
        twice=len(ticks) - len(set(ticks)),
        named=len(skipped & set(expected)),
        unequal=unequal,
        void=void,
        repeated=len(evidence.predictions) - len(first) - unequal,
        slowed=slowed,
    )


def longest_pauses_s(evidence: Evidence, moments_ms: Sequence[int], end_ms: int) -> list[float]:
    """The longest pause of the public stream that ended in each of the spans that the moments begin."""
    times = sorted(entry.at_ms for entry in evidence.public)
    pauses = [(b, (b - a) / 1000) for a, b in itertools.pairwise(times)]
    spans = itertools.pairwise([*moments_ms, end_ms])
    return [max((pause for at, pause in pauses if a <= at < b), default=0.0) for a, b in spans]


def total(verdicts: Iterable[Verdict]) -> Mapping[str, int]:
    """Each kind over all twins."""
    found = list(verdicts)
    return {name: sum(getattr(verdict, name) for verdict in found) for name in Verdict.__slots__}


def _of(said: PredictionFrame | TwinPrediction) -> Identity:
    return Identity(said.incarnation, said.offset)


def _named(journal: Iterable[JournalEntry]) -> tuple[set[int], int]:
    epochs = EpochFilter()
    skipped: set[int] = set()
    slowed = 0
    for entry in journal:
        record = entry.record
        if not epochs.admits(record):
            continue
        if isinstance(record, TimeDiscontinuity):
            skipped |= set(range(record.first_tick, record.last_tick + 1))
        elif isinstance(record, GridSegment):
            slowed += record.reason == "rate"
    return skipped, slowed
