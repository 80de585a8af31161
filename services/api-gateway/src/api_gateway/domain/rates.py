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

    def __init__(self, per_s: float, burst: int, clock: Clock) -> None:
        self._per_ns, self._burst, self._clock = per_s / NS_PER_S, float(burst), clock
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Take one token.

        Raises:
            Problem: `too_many_requests`, with the seconds until there is one.
        """
        now = self._clock.monotonic_ns()
        held, since = self._buckets.get(caller, (self._burst, now))
        held = min(self._burst, held + (now - since) * self._per_ns)
        if held < 1:
            wait_s = math.ceil((1 - held) / self._per_ns / NS_PER_S)
            raise Problem(
                "too_many_requests",
                f"more than {self._per_ns * NS_PER_S:g} requests a second, or {self._burst:g} at once",
                headers={"Retry-After": str(wait_s), "RateLimit": f'"caller";r=0;t={wait_s}'},
            )
        self._buckets[caller] = (held - 1, now)
        if len(self._buckets) > _CALLERS:
            self._buckets.popitem(last=False)
