"""How fast one caller may ask: a bucket of tokens for each."""

from __future__ import annotations

import math
from collections import OrderedDict

from api_gateway.errors import Problem
from twin_common.clock import NS_PER_S, Clock

_CALLERS = 10_000


class Rates:
    """Buckets by caller; a caller who hasn't asked for long has a full one.

    Args:
        per_s: tokens that a bucket gains each second.
        burst: tokens that a bucket holds.
        clock: measures time.
    """

    def __init__(self, per_s: float, burst: float, clock: Clock) -> None:
        self._per_ns, self._burst, self._clock = per_s / NS_PER_S, max(1.0, burst), clock
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Take one token.

        Raises:
            Problem: `too_many_requests`, with the seconds until there is one.
        """
        now = self._clock.monotonic_ns()
        held = self._held(caller, now)
        if held < 1:
            wait_s = math.ceil((1 - held) / self._per_ns / NS_PER_S)
            raise Problem(
                "too_many_requests",
                f"more than {self._per_ns * NS_PER_S:g} requests a second, or {self._burst:g} at once",
                headers={"Retry-After": str(wait_s), "RateLimit": f'"caller";r=0;t={wait_s}'},
            )
        self._buckets[caller] = (held - 1, now)
        self._buckets.move_to_end(caller)
        if len(self._buckets) > _CALLERS:
            self._buckets.popitem(last=False)

    def spent(self, caller: str) -> bool:
        """Whether the next `take` would be refused."""
        return caller in self._buckets and self._held(caller, self._clock.monotonic_ns()) < 1

    def _held(self, caller: str, now_ns: int) -> float:
        held, since = self._buckets.get(caller, (self._burst, now_ns))
        return min(self._burst, held + (now_ns - since) * self._per_ns)
