"""Processes from their starts to their ends: a leak shows within one life only, and who died unasked must be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from soaking.flat import growth, rise
from soaking.mishaps import KILLED, Mishap
from soaking.sampling import Sample

LONG = 0.3
"""Share of a run from which on a life is judged. Each part is killed once, so that each has a longer one."""


@dataclass(slots=True)
class Life:
    """A process between its start and its end, as far as it was seen.

    Attributes:
        times: seconds since sampling began.
        memory_mb: resident memory at these times.
    """

    times: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return self.times[-1] - self.times[0]

    @property
    def grown(self) -> tuple[float, float]:
        """`growth` and `rise` of its memory, from its own start on."""
        since_start = [at - self.times[0] for at in self.times]
        return growth(since_start, self.memory_mb), rise(since_start, self.memory_mb)


def lives(samples: Sequence[Sample]) -> dict[str, list[Life]]:
    """All lives of every part that was ever seen, in their order."""
    found: dict[str, dict[int, Life]] = {}
    for each in samples:
        for part, memory_mb in each.memory_mb.items():
            life = found.setdefault(part, {}).setdefault(each.pids[part], Life())
            life.times.append(each.at_s)
            life.memory_mb.append(memory_mb)
    return {part: list(by_pid.values()) for part, by_pid in found.items()}


def long_lives(samples: Sequence[Sample]) -> dict[str, list[Life]]:
    """Those that are long enough to be judged, of every part; perhaps none of one."""
    least_s = LONG * max((each.at_s for each in samples), default=0.0)
    return {part: [life for life in all_ if life.seconds >= least_s] for part, all_ in lives(samples).items()}


def deaths(samples: Sequence[Sample], happened: Sequence[Mishap]) -> Mapping[str, int]:
    """Ends by part that no mishap explains: seen by its successor, by its absence at the end, or by a mishap that found
    it gone.
    """
    killed = Counter(each.part for each in happened if each.kind == KILLED)
    gone = Counter(part for each in happened for part in each.others)
    at_end = samples[-1].memory_mb.keys() if samples else ()
    found: dict[str, int] = {}
    for part, all_ in lives(samples).items():
        ends = len(all_) - 1 + (part not in at_end)
        if unasked := max(gone.pop(part, 0), ends - killed[part]):
            found[part] = unasked
    return found | dict(gone)
