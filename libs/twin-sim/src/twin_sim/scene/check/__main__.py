"""The command line of the check."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from twin_sim.scene.check.limits import limit_resources
from twin_sim.scene.check.report import check


def main() -> None:
    """Check a file and write what was found as JSON; exits with 0 whatever was found."""
    parser = argparse.ArgumentParser(prog="python -m twin_sim.scene.check", description=__doc__)
    parser.add_argument("file", type=Path, help="a USD file, alone in its folder")
    parser.add_argument("--engine", help="also check that this engine can simulate it")
    parser.add_argument("--model", type=Path, help="write the compiled scene model there, if there is one")
    parser.add_argument("--cpu-s", type=int, default=60, help="seconds of computing")
    parser.add_argument("--memory-mb", type=int, default=4096, help="MiB of address space")
    asked = parser.parse_args()
    # Libraries write to the standard output at their pleasure; what is found is alone there.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    limit_resources(asked.cpu_s, asked.memory_mb)
    report = check(asked.file.resolve(), engine=asked.engine, model=asked.model)
    with out:
        out.write(report.to_json() + "\n")


if __name__ == "__main__":
    main()
