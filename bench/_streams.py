"""Whether a twin's stream is unbroken: each frame has one prediction, public once and in order, and no tick is missing.

Judged from the raw topics alone. A pause is judged by the broker's append times of the public stream.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from _epochs import InForce

from hanzo_twin.audit.collect import Evidence
from hanzo_twin.audit.entries import JournalEntry
from twin_schemas.records import (
    GridSegment,
    ObservationFrame,
    PredictionFrame,
    TimeDiscontinuity,
    TwinGenesis,
    TwinPrediction,
)

Identity = tuple[int, int]
"""Incarnation and offset: what names a frame and all that comes of it."""


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
    counting = in_force(evidence.journal)
    frames = _frames(counting)
    due = set(frames)
    first: dict[Identity, bytes] = {}
    unequal = void = 0
    for entry in evidence.predictions:
        identity = _of(entry.frame)
        void += identity not in due
        unequal += first.setdefault(identity, entry.value) != entry.value
    public = [_of(entry.prediction) for entry in evidence.public]
    shown = [entry.prediction.tick for entry in evidence.public]
    ticks = list(frames.values())
    skipped, slowed = _named(counting)
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


def messages(frame: ObservationFrame) -> int:
    """How many messages of a plant are in a frame: their readings have one time. Silence makes frames, too, and one
    that comes late is in the next.
    """
    return len({reading.time_ns for reading in frame.readings})


def attended(evidence: Evidence, since_ms: int, until_ms: int) -> tuple[int, int]:
    """Frames in force that were appended in between, and the messages in them."""
    records = [entry.record for entry in in_force(evidence.journal) if since_ms <= entry.at_ms < until_ms]
    frames = [record for record in records if isinstance(record, ObservationFrame)]
    return len(frames), sum(map(messages, frames))


def longest_pauses_s(evidence: Evidence, moments_ms: Sequence[int], end_ms: int) -> list[float]:
    """The longest pause of the public stream that ended in each of the spans that the moments begin; a span in which
    nothing came is one. What hasn't come again at the end is a pause until then.
    """
    times = [*sorted(entry.at_ms for entry in evidence.public if entry.at_ms < end_ms), end_ms]
    pauses = [(b, (b - a) / 1000) for a, b in itertools.pairwise(times)]
    found = []
    for a, b in itertools.pairwise([*moments_ms, end_ms]):
        ended = [pause for at, pause in pauses if a <= at < b or at == b == end_ms]
        found.append(max(ended, default=(b - a) / 1000))
    return found


def total(verdicts: Iterable[Verdict]) -> Mapping[str, int]:
    """Each kind over all twins."""
    found = list(verdicts)
    return {name: sum(getattr(verdict, name) for verdict in found) for name in Verdict.__slots__}


def in_force(journal: Iterable[JournalEntry]) -> list[JournalEntry]:
    """The records that count, from the first on."""
    rule = InForce()
    return [entry for entry in journal if rule.counts(entry.record)]


def _of(said: PredictionFrame | TwinPrediction) -> Identity:
    return said.incarnation, said.offset


def _frames(counting: Iterable[JournalEntry]) -> dict[Identity, int]:
    """Ticks of all frames; before the first genesis there is nothing to predict from."""
    incarnation = 0
    found: dict[Identity, int] = {}
    for entry in counting:
        if isinstance(entry.record, TwinGenesis):
            incarnation = entry.record.incarnation
        elif isinstance(entry.record, ObservationFrame) and incarnation:
            found[incarnation, entry.offset] = entry.record.tick
    return found


def _named(counting: Iterable[JournalEntry]) -> tuple[set[int], int]:
    skipped: set[int] = set()
    slowed = 0
    for entry in counting:
        record = entry.record
        if isinstance(record, TimeDiscontinuity):
            skipped |= set(range(record.first_tick, record.last_tick + 1))
        elif isinstance(record, GridSegment):
            slowed += record.reason == "rate"
    return skipped, slowed
