"""`make fuzz`: many inputs for each target, and a table; exits with 1 when something broke.

Inputs that broke something are kept under `found`, where the tests read them again.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fuzzing.results import stories, table
from fuzzing.tally import BROKEN, Tally
from fuzzing.targets import names
from fuzzing.watch import fuzzed

_TOLD_S = 30.0


def main() -> int:
    """Fuzz what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "targets", nargs="*", default=names(), help="names of targets; all when none is given"
    )
    parser.add_argument("--inputs", type=int, default=100_000, help="for each target")
    parser.add_argument("--seconds", type=float, default=3600, help="for each target at most")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    tallies: dict[str, Tally] = {}
    for name in asked.targets:
        tallies[name] = fuzzed(
            name, seed=asked.seed, inputs=asked.inputs, seconds=asked.seconds, progress=_Told(name)
        )
    sys.stdout.write(f"seed {asked.seed}, {time.strftime('%Y-%m-%d')}\n{table(tallies)}\n")
    if broken := stories(tallies):
        sys.stderr.write(f"\n{broken}\n")
    return any(tally.outcomes[BROKEN] or tally.inputs < asked.inputs for tally in tallies.values())


class _Told:
    """Says now and then how far it has come."""

    def __init__(self, name: str) -> None:
        self._name, self._next = name, time.monotonic() + _TOLD_S

    def __call__(self, tally: Tally) -> None:
        if time.monotonic() > self._next:
            self._next = time.monotonic() + _TOLD_S
            sys.stderr.write(f"{self._name}: {tally.inputs} inputs, {tally.outcomes[BROKEN]} broke\n")


if __name__ == "__main__":
    sys.exit(main())
