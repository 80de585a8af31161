"""The soak itself, in one minute instead of an hour: it runs to its end, and all but growth is claimed of it."""

from __future__ import annotations

import pytest
from bench_runs import claims_of, missed

SHORT = ("--minutes", "0.5", "--day", "300", "--twins", "4")
OF_LONG_RUNS = tuple(
    f"{part}: {what}"
    for part in ("day", "fleet")
    for what in ("growth of", "rise at the end of", "parts that never lived", "kinds of mishap")
)
OF_QUIET_MACHINES = ("day: oldest newest checkpoint", "fleet: time with no")


@pytest.mark.timeout(420)
def test_a_short_soak_claims_everything_and_misses_nothing_that_half_a_minute_can_show(tmp_path) -> None:
    claims = claims_of("soak", "--part", "both", *SHORT, "--out", str(tmp_path))
    assert missed(claims, besides=(*OF_LONG_RUNS, *OF_QUIET_MACHINES)) == []
    assert {name for name in claims if name.startswith(OF_LONG_RUNS)} >= {
        "day: growth of memory of sim-worker-0, MB",
        "day: rise at the end of p99, ms",
        "fleet: kinds of mishap that had no turn",
    }
    assert {path.name for path in tmp_path.iterdir()} == {
        f"soak-{part}.{kind}" for part in ("day", "fleet") for kind in ("json", "png")
    }
