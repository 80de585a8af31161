"""Workers added, removed and killed, a twin that is too slow and one that crashes: all on one platform, in one run."""

from __future__ import annotations

import pytest
from bench_runs import claims_of, missed

SHORT = ("--twins", "8", "--rate", "10", "--kills", "1", "--rest", "1", "--session-ms", "5000")
PARTS = ("streams", "overload", "crash")


@pytest.mark.timeout(420)
def test_workers_come_go_and_crash_and_every_other_stream_goes_on() -> None:
    claims = claims_of("scale", "--only", *PARTS, *SHORT)
    assert missed(claims, besides=("longest pause", "kills that came amid")) == []
    assert len(claims) >= 14
