"""The observed channels over the last ticks, and their value at any time in between (journal rule 11)."""

import math
from bisect import bisect_right
from collections.abc import Sequence

from twin_schemas.records import RingSample
from twin_sim.fold.layout import POSE_SIZE, ChannelLayout


class Trajectory:
    """Flat samples of the observed channels in order of time.

    Two samples may share a time: the state before and after assimilation at a tick. Up to that time the first one
    counts, from then on the second.

    Attributes:
        times: ns.
        values: one flat sample for each time.
    """

    def __init__(self, layout: ChannelLayout) -> None:
        """Begin empty."""
        self._layout = layout
        self.times: list[int] = []
        self.values: list[list[float]] = []

    def append(self, time_ns: int, sample: list[float]) -> None:
        """Add a sample that is not older than the last."""
        self.times.append(time_ns)
        self.values.append(sample)

    def extend(self, other: "Trajectory") -> None:
        """Add all samples of a later stretch."""
        self.times.extend(other.times)
        self.values.extend(other.values)

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.times)

    def rewind(self, length: int) -> None:
        """Drop what was added since the trajectory had this length."""
        del self.times[length:]
        del self.values[length:]

    @property
    def last(self) -> list[float]:
        """The newest sample."""
        return self.values[-1]

    def clear(self) -> None:
        """Forget everything."""
        self.times.clear()
        self.values.clear()

    def forget_before(self, time_ns: int) -> None:
        """Drop samples that no time from here on needs; the newest at or before it stays."""
        keep = bisect_right(self.times, time_ns) - 1
        if keep > 0:
            del self.times[:keep]
            del self.values[:keep]

    def reaches(self, time_ns: int) -> bool:
        """True when a value at that time can be given."""
        return bool(self.times) and self.times[0] <= time_ns <= self.times[-1]

    def at(self, channel: int, time_ns: int) -> list[float]:
        """Values of an observed channel at a time it reaches: linear, quaternions along the arc."""
        start = self._layout.starts[channel]
        size = self._layout.sizes[channel]
        right = bisect_right(self.times, time_ns)
        if right == len(self.times):
            return self.values[-1][start : start + size]
        t0, t1 = self.times[right - 1], self.times[right]
        low, high = self.values[right - 1], self.values[right]
        share = (time_ns - t0) / (t1 - t0)
        if size == POSE_SIZE:
            middle = _lerp(low[start : start + 3], high[start : start + 3], share)
            return middle + slerp(low[start + 3 : start + 7], high[start + 3 : start + 7], share)
        return [low[start] + (high[start] - low[start]) * share]

    def whole(self, time_ns: int) -> list[float]:
        """Values of all observed channels at a time it reaches, flat."""
        observed = [index for index, start in enumerate(self._layout.starts) if start >= 0]
        return [number for index in observed for number in self.at(index, time_ns)]

    def samples(self) -> list[RingSample]:
        """For a checkpoint."""
        return [RingSample(time, sample) for time, sample in zip(self.times, self.values, strict=True)]

    @classmethod
    def restored(cls, layout: ChannelLayout, samples: Sequence[RingSample]) -> "Trajectory":
        """From a checkpoint."""
        trajectory = cls(layout)
        for sample in samples:
            trajectory.append(sample.time_ns, list(sample.values))
        return trajectory


def _lerp(low: Sequence[float], high: Sequence[float], share: float) -> list[float]:
    return [a + (b - a) * share for a, b in zip(low, high, strict=True)]


def slerp(low: Sequence[float], high: Sequence[float], share: float) -> list[float]:
    """Unit quaternion (w x y z) a share of the way along the shorter arc (Shoemake 1985)."""
    dot = sum(a * b for a, b in zip(low, high, strict=True))
    sign = 1.0
    if dot < 0.0:
        dot, sign = -dot, -1.0
    if dot > 0.9995:  # nearly parallel: the chord is the arc, and the sine below would lose digits
        mixed = [a + (sign * b - a) * share for a, b in zip(low, high, strict=True)]
    else:
        angle = math.acos(dot)
        a_share = math.sin((1.0 - share) * angle) / math.sin(angle)
        b_share = sign * math.sin(share * angle) / math.sin(angle)
        mixed = [a * a_share + b * b_share for a, b in zip(low, high, strict=True)]
    norm = math.sqrt(sum(x * x for x in mixed))
    return [x / norm for x in mixed]
