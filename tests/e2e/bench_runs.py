"""Runs a bench in a process of its own and reads its claims."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench"


def claims_of(name: str, *arguments: str) -> dict[str, bool]:
    """Which claims of a bench held, by name."""
    command = [sys.executable, str(BENCH / f"{name}.py"), "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=400)
    lines = done.stdout.splitlines()
    assert lines, f"{name} said nothing: {done.stderr[-3000:]}"
    assert lines[-1].startswith("{"), f"{name} ended early:\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    claims = {claim["name"]: claim["ok"] for claim in json.loads(lines[-1])["claims"]}
    assert claims, f"{name} claims nothing"
    return claims


def missed(claims: dict[str, bool], *, besides: tuple[str, ...] = ()) -> list[str]:
    """Claims that did not hold; those about time are left to the bench, since machines are noisy."""
    return [name for name, ok in claims.items() if not ok and not name.startswith(besides or ("\0",))]
