"""How long strikes were felt."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from faulting.asking import Asked
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
        announced: sealed ranges, where somebody seals.
    """

    public: Mapping[str, Times]
    names: Mapping[str, str]
    told: Sequence[Asked]
    announced: Times | None

    def recoveries(self, strikes: Sequence[Struck], recovery: Recovery) -> list[Felt]:
        """How long each strike was felt until the next one, and where longest; nothing where nobody could feel it."""
        ends = [*(each.began_ns for each in strikes[1:]), time.time_ns()][: len(strikes)]
        found: list[Felt] = []
        for number, (strike, end_ns) in enumerate(zip(strikes, ends, strict=True), 1):
            from_ns = strike.ended_ns if recovery.from_end else strike.began_ns
            match recovery.by:
                case Measure.COMMANDS:
                    felt = self._waits(from_ns, end_ns)
                case Measure.SEALING:
                    assert self.announced is not None
                    felt = [(_silence_s(self.announced, from_ns, end_ns), "the archivist")]
                case Measure.PREDICTIONS:
                    concerned = self.public.keys() if strike.twins is None else strike.twins
                    felt = [
                        (_silence_s(times, from_ns, end_ns), self.names[twin])
                        for twin, times in self.public.items()
                        if twin in concerned
                    ]
            if felt:
                seconds, by = max(felt)
                found.append((seconds, f"strike {number}, {by}"))
        return found

    def forget(self) -> None:
        """What is long past is asked for no more."""
        now_ms = time.time_ns() // 1_000_000
        for times in (*self.public.values(), *([self.announced] if self.announced is not None else [])):
            times.forget(now_ms)

    def _waits(self, from_ns: int, end_ns: int) -> list[Felt]:
        return [
            (
                (min(each.ended_ns, end_ns) - max(each.began_ns, from_ns)) / 1e9,
                f"{each.kind} {each.about}, sent {each.sent} times",
            )
            for each in self.told
            if each.began_ns < end_ns and each.ended_ns > from_ns
        ]


def _silence_s(times: Times, from_ns: int, end_ns: int) -> float:
    return times.silence_s(from_ns // 1_000_000, end_ns // 1_000_000)
