"""Times as the API writes them: RFC 3339 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

_NS_PER_S = 1_000_000_000


def rfc3339(time_ns: int) -> str:
    """`2026-11-21T12:20:26.123456Z`, of ns since the Unix epoch; finer digits than microseconds are cut off."""
    seconds, nanos = divmod(time_ns, _NS_PER_S)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanos // 1000:06d}Z"
