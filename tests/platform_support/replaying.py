"""The command `hanzo-twin replay`, run as users run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from platform_support.running import Platform


def replay(platform: Platform, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Its exit code, and everything that it says as JSON."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("HANZO_TWIN_")}
    said = subprocess.run(
        [sys.executable, "-m", "hanzo_twin", "replay", *arguments, "--json"],
        env=own | platform.connection.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    answers = [json.loads(line) for line in said.stdout.splitlines() if line.startswith("{")]
    assert answers, said.stderr
    return said.returncode, {key: value for answer in answers for key, value in answer.items()}
