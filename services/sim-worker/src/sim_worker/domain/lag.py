"""What to do about a twin that is slower than real time: slower ticks first, then parking."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

NS_PER_S = 1_000_000_000
_NEW = 0.3
"""Weight of the newest look in a smoothed share."""
_MUCH = 0.5
"""Who uses at least this part of what the heaviest uses is to blame, too."""


class Relief(StrEnum):
    """What the policy asks for now."""

    NONE = "none"
    SLOWER = "slower"
    PARK = "park"


@dataclass(frozen=True, slots=True)
class LagLimits:
    """When a twin counts as too slow.

    Attributes:
        degraded_s: lag above this for `patience_s` is a degraded twin.
        park_s: lag above this at the lowest rate parks it.
        patience_s: how long a lag must last, and how long it may take to shrink.
        every_s: at most one wish for a lower rate in this time.
        floor_hz: no rate below this is asked for.
    """

    degraded_s: float = 2.0
    park_s: float = 30.0
    patience_s: float = 3.0
    every_s: float = 10.0
    floor_hz: Fraction = Fraction(1)


class LagWatch:
    """Watches the lag of one twin; times in ns of any clock that doesn't go back.

    Attributes:
        degraded_since: since when the twin is degraded; None: it isn't.
    """

    def __init__(self, limits: LagLimits) -> None:
        """Begin with a twin that is in time."""
        self._limits = limits
        self._above_since: int | None = None
        self._mark: tuple[int, float] | None = None
        self._asked: int | None = None
        self.degraded_since: int | None = None

    def observe(self, now_ns: int, lag_s: float, rate: Fraction, *, slowable: bool = True) -> Relief:
        """Take the present lag and rate; says what to do.

        A lag that shrinks (a twin that catches up after a fail-over) is left alone. A twin that isn't `slowable` has no
        lower rate: its ticks would be too long.
        """
        limits = self._limits
        if lag_s <= limits.degraded_s:
            self._above_since = self._mark = self.degraded_since = None
            return Relief.NONE
        if self._above_since is None or self._mark is None:
            self._above_since, self._mark = now_ns, (now_ns, lag_s)
            return Relief.NONE
        patience_ns = int(limits.patience_s * NS_PER_S)
        if now_ns - self._above_since >= patience_ns and self.degraded_since is None:
            self.degraded_since = self._above_since
        marked_at, marked_lag = self._mark
        if now_ns - marked_at < patience_ns:
            return Relief.NONE
        self._mark = (now_ns, lag_s)
        if lag_s < marked_lag:
            return Relief.NONE
        if slowable and slower(rate) >= limits.floor_hz:
            if self._asked is not None and now_ns - self._asked < limits.every_s * NS_PER_S:
                return Relief.NONE
            self._asked = now_ns
            return Relief.SLOWER
        return Relief.PARK if lag_s > limits.park_s else Relief.NONE


class Shares:
    """What twins lately used of a core, smoothed over a few looks: a heavy tick doesn't end in every look."""

    def __init__(self) -> None:
        """Begin without any."""
        self._used: dict[str, float] = {}

    def observe(self, twin: str, share: float) -> float:
        """Take what a twin used since the last look; returns what counts."""
        known = self._used.get(twin)
        self._used[twin] = share if known is None else known + _NEW * (share - known)
        return self._used[twin]

    def forget(self, twin: str) -> None:
        """The twin stopped, or has gone."""
        self._used.pop(twin, None)

    def to_blame(self, twin: str) -> bool:
        """Whether less of this twin is a relief: all twins of a worker lag behind one that is too heavy."""
        return self._used.get(twin, 0.0) >= _MUCH * max(self._used.values(), default=0.0)


def slower(rate: Fraction) -> Fraction:
    """The rate to ask for next."""
    return rate / 2
