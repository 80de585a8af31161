"""Whether a twin fits into what a worker has left (it may use a share of one core)."""

import math
from dataclasses import dataclass

from sim_worker.errors import AdmissionRefused


@dataclass(frozen=True, slots=True)
class Pace:
    """What of a definition decides how much a twin computes; another one is admitted anew."""

    scene: str
    engine: str
    rate_hz: float
    step_hz: float
    substeps: int


class Load:
    """The shares of a core that running twins use."""

    def __init__(self, limit: float, longest_tick_s: float = 1.0) -> None:
        """Begin empty.

        Args:
            limit: the share of a core that all twins together may use, 0 to 1.
            longest_tick_s: a worker that is busy with one tick for longer loses its partitions.
        """
        self._limit = limit
        self.longest_tick_s = longest_tick_s
        self._shares: dict[str, float] = {}

    @property
    def total(self) -> float:
        """Share of a core that all twins use."""
        return sum(self._shares.values())

    def admit(self, twin: str, tick_s: float, rate_hz: float) -> None:
        """Let a twin in that needs `tick_s` seconds of computing for each of `rate_hz` ticks a second.

        Raises:
            AdmissionRefused: it doesn't fit beside the others.
        """
        if tick_s > self.longest_tick_s:
            raise AdmissionRefused(
                "admission_refused",
                f"a tick needs {tick_s:.3g} s, and a worker may be busy with one for {self.longest_tick_s:g} s. "
                "Raise sync.rate_hz, lower engine.config.step_hz or substeps, or simplify the scene.",
                math.inf,
            )
        share, left = tick_s * rate_hz, self.left(twin)
        if share > left:
            raise AdmissionRefused(
                "admission_refused",
                f"a tick needs {tick_s * 1e3:.3g} ms, at {rate_hz:g} Hz {share:.0%} of a core, and this worker has "
                f"{max(left, 0.0):.0%} left of {self._limit:.0%}. Lower sync.rate_hz, engine.config.step_hz or "
                "substeps, simplify the scene, or add a worker.",
                share,
            )
        self._shares[twin] = share

    def left(self, twin: str) -> float:
        """The share of a core that the other twins leave to one; negative when they use more than they may."""
        return self._limit - sum(used for other, used in self._shares.items() if other != twin)

    def observe(self, twin: str, share: float) -> None:
        """Note what a running twin really uses; one that came from another worker is never refused."""
        self._shares[twin] = share

    def release(self, twin: str) -> None:
        """A twin stopped, or has gone."""
        self._shares.pop(twin, None)
