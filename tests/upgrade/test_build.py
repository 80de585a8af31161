"""The whole platform goes from one build to the next, and the journal of the old one can still be verified."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from platform_support.running import Platform

from hanzo_twin.stack import EmbeddedStack
from twin_schemas.records import TwinGenesis
from twin_sim.fold import FOLD_VERSION
from twin_sim.testing.older import older_python

SERVICES = {"scene-manager": 1, "sync-engine": 1, "sim-worker": 1, "api-gateway": 1}
NAME = "upgraded"
FOLDED = 100


def verify(platform: Platform, *options: str) -> tuple[int, dict[str, Any]]:
    """`hanzo-twin replay verify`: its exit code, and what it found."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("HANZO_TWIN_")}
    said = subprocess.run(
        [sys.executable, "-m", "hanzo_twin", "replay", "verify", NAME, "--json", *options],
        env=own | platform.connection.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    answers = [json.loads(line) for line in said.stdout.splitlines() if line.startswith("{")]
    return said.returncode, next(answer for answer in answers if "equal" in answer)


def runs_on(platform: Platform, incarnation: int) -> None:
    """Wait until the twin has folded some frames of an incarnation."""

    def there(twin: dict[str, Any]) -> bool:
        sim = twin.get("sim") or {}
        return twin.get("phase") == "running" and sim["incarnation"] == incarnation

    began = platform.until(lambda: platform.twin(NAME), there)["sim"]["tick"]
    platform.until(lambda: platform.twin(NAME)["sim"]["tick"], lambda tick: tick >= began + FOLDED)


@pytest.mark.timeout(300)
def test_an_old_journal_is_verified_with_the_build_that_its_genesis_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = older_python(tmp_path / "old")
    stack = EmbeddedStack(tmp_path / "stack", services=SERVICES)
    with monkeypatch.context() as old_days:
        old_days.setenv("PYTHONPATH", str(python.parent / "lib"))
        with stack:
            platform = Platform(stack)
            platform.scene()
            platform.begin(NAME, 30)
            runs_on(platform, 1)
            platform.close()
    with stack:
        platform = Platform(stack)
        runs_on(platform, 2)
        born = [record for _, record in platform.records("sim.journal") if isinstance(record, TwinGenesis)]
        assert [each.stamps.fold_version for each in born] == [FOLD_VERSION - 1, FOLD_VERSION]
        build = f"fold version {FOLD_VERSION - 1} → {FOLD_VERSION}"
        assert build in born[1].reason
        assert born[1].state is not None, "it begins at the scene's initial state, not at the last one"
        code, found = verify(platform)
        assert (code, found["equal"], found["needs_build"]) == (6, False, {"1": build})
        code, found = verify(platform, "--with", str(python))
        assert (code, found["equal"], found["needs_build"]) == (0, True, {})
        assert [report["predictions"] >= FOLDED for report in (found, *found["others"])] == [True, True]
        platform.close()
