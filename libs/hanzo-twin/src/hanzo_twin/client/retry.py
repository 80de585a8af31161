"""When to try again, and after how long."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

_AGAIN = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Retry:
    """Patience: back-off doubles from `first_s` to `most_s`, and a random part of it is waited.

    Every call is safe to repeat: those that change something carry an idempotency key.

    Attributes:
        within_s: seconds from the first attempt in which another one may begin.
        first_s: upper bound of the first wait.
        most_s: upper bound of every wait; a longer `Retry-After` is obeyed as far as `within_s` allows.
        notice: is told before another attempt: what came of the last one, and the seconds since the first.
    """

    within_s: float = 30.0
    first_s: float = 0.1
    most_s: float = 5.0
    notice: Callable[[str, float], None] | None = None

    def wait(
        self, answer: httpx.Response | httpx.TransportError, attempt: int, spent_s: float
    ) -> float | None:
        """Seconds until the next attempt; None when there shall be none.

        Args:
            answer: what came of this attempt.
            attempt: of this call, from 0.
            spent_s: since the first attempt.
        """
        asked = None
        if isinstance(answer, httpx.Response):
            if answer.status_code not in _AGAIN:
                return None
            asked = _asked(answer.headers.get("retry-after"))
        elif isinstance(answer, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
            return None
        bound = min(self.most_s, self.first_s * 2.0 ** min(attempt, 30))
        seconds = random.uniform(bound / 2, bound)
        if asked is not None:
            seconds = asked + random.uniform(0, self.first_s)
        return seconds if spent_s + seconds <= self.within_s else None


def _asked(header: str | None) -> float | None:
    """Seconds of a `Retry-After`, which is a number or a date."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (when - datetime.now(UTC)).total_seconds()) if when.tzinfo else None
