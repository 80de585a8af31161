"""How long strikes were felt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from faulting.asking import Asked
from faulting.books.sealing import SealingBook
from faulting.books.times import Times
from faulting.cell import Measure, Recovery, Struck

Felt = tuple[float, str]
"""Seconds, and by whom."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of the platform.

    Attributes:
        public: the public stream of each twin.
        names: of the twins.
        told: requests that ended.
        read_ns: when the public streams were read, ns since the Unix epoch; what came later isn't known.
        sealing: how long journal records waited to be sealed, where somebody seals.
        sealed_ns: when that was read.
    """

    public: Mapping[str, Times]
    names: Mapping[str, str]
    told: Sequence[Asked]
    read_ns: int
    sealing: SealingBook | None = None
    sealed_ns: int = 0

    def recoveries(self, strikes: Sequence[Struck], recovery: Recovery) -> list[Felt]:
        """How long each strike was felt until the next one, and where longest; nothing where nobody could feel it."""
        found: list[Felt] = []
        last_ns = self.sealed_ns if recovery.by is Measure.SEALING else self.read_ns
        for number, strike, end_ns in _until_the_next(strikes, last_ns):
            from_ns = strike.ended_ns if recovery.from_end else strike.began_ns
            match recovery.by:
                case Measure.COMMANDS:
                    felt = self._waits(from_ns, end_ns)
                case Measure.SEALING:
                    assert self.sealing is not None
                    waits = self.sealing.waits_s(from_ns // 1_000_000, end_ns // 1_000_000)
                    felt = [(seconds, f"partition {partition}") for seconds, partition in waits]
                case Measure.PREDICTIONS:
                    felt = self._silences(from_ns, end_ns, filter(strike.concerns, self.public))
            if felt:
                seconds, by = max(felt)
                found.append((seconds, f"strike {number}, {by}"))
        return found

    def of_others(self, strikes: Sequence[Struck]) -> list[Felt]:
        """How long those twins were silent that a strike didn't concern, where longest."""
        found: list[Felt] = []
        for number, strike, end_ns in _until_the_next(strikes, self.read_ns):
            others = (twin for twin in self.public if not strike.concerns(twin))
            if felt := self._silences(strike.began_ns, end_ns, others):
                seconds, by = max(felt)
                found.append((seconds, f"strike {number}, {by}"))
        return found

    def _silences(self, from_ns: int, end_ns: int, twins: Iterator[str]) -> list[Felt]:
        span = (from_ns // 1_000_000, end_ns // 1_000_000)
        return [(self.public[twin].silence_s(*span), self.names[twin]) for twin in twins]

    def _waits(self, from_ns: int, end_ns: int) -> list[Felt]:
        return [
            (
                (min(each.ended_ns, end_ns) - max(each.began_ns, from_ns)) / 1e9,
                f"{each.kind} {each.about}, sent {each.sent} times",
            )
            for each in self.told
            if each.began_ns < end_ns and each.ended_ns > from_ns
        ]


def _until_the_next(strikes: Sequence[Struck], last_ns: int) -> Iterator[tuple[int, Struck, int]]:
    """Each strike with its number, and when the next one came or nothing more was read."""
    ends = [*(each.began_ns for each in strikes[1:]), last_ns]
    for number, (strike, end_ns) in enumerate(zip(strikes, ends, strict=False), 1):
        yield number, strike, end_ns
