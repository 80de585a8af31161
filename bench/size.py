"""What a fresh machine pays: disk, time to set up, time to ready, and memory when idle.

Clones the committed state into an empty folder and sets it up twice: with empty package caches, which downloads
everything, and again from a folder of wheels and jars, which tells the download time apart. Debian packages are those
of the machine.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from _harness import Claim, arguments, conclude, table

CHECKOUT = Path(__file__).resolve().parents[1]
DISK_GOAL_MB, SETUP_GOAL_S, UP_GOAL_S, IDLE_GOAL_MB = 1200.0, 240.0, 20.0, 1200.0


def timed(command: list[str], folder: Path, environment: dict[str, str]) -> float:
    """Run a command; returns its seconds."""
    begin = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return time.monotonic() - begin


def set_up(checkout: Path, environment: dict[str, str]) -> float:
    """Set up a fresh clone; returns the seconds of `make setup`."""
    shutil.rmtree(checkout, ignore_errors=True)
    subprocess.run(["git", "clone", "-q", str(CHECKOUT), str(checkout)], check=True)
    return timed(["make", "setup"], checkout, environment)


def megabytes(folder: Path) -> float:
    """Disk that a folder takes."""
    blocks = subprocess.run(["du", "-sk", str(folder)], capture_output=True, text=True, check=True).stdout
    return float(blocks.split()[0]) / 1024


def idle_megabytes(pids: list[int]) -> dict[str, float]:
    """Proportional memory of processes and all their children, by program name."""
    memory: dict[str, float] = {}
    seen: set[int] = set()
    for pid in pids:
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            if process.pid not in seen:
                seen.add(process.pid)
                memory[process.name()] = (
                    memory.get(process.name(), 0.0) + process.memory_full_info().pss / 2**20
                )
    return memory


def main() -> int:
    options = arguments(__doc__ or "").parse_args()
    with tempfile.TemporaryDirectory(prefix="twin-size-") as folder:
        root = Path(folder)
        caches = {"PIP_CACHE_DIR": str(root / "pip"), "MAVEN_OPTS": f"-Dmaven.repo.local={root / 'maven'}"}
        unset = ("VIRTUAL_ENV", "PYTHONPATH")
        environment = {
            k: v for k, v in os.environ.items() if not k.startswith("HANZO_TWIN_") and k not in unset
        }
        environment |= caches
        checkout = root / "checkout"
        seconds = [set_up(checkout, environment)]
        wheels = str(root / "wheels")
        pip = [
            ".venv/bin/python",
            "-m",
            "pip",
            "download",
            "-q",
            "--require-hashes",
            "-r",
            "requirements/runtime.txt",
        ]
        timed([*pip, "-d", wheels], checkout, environment)
        seconds.append(set_up(checkout, environment | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels}))
        disk = {part: megabytes(checkout / part) for part in (".venv", ".stack")}
        up = timed(["make", "up"], checkout, environment)
        try:
            time.sleep(10)
            command = [str(checkout / ".venv/bin/hanzo-twin"), "dev", "status", "--json"]
            status = subprocess.run(
                command, cwd=checkout, env=environment, capture_output=True, text=True, check=True
            )
            described = json.loads(status.stdout)
            pids = [
                described["supervisor"],
                *(part["pid"] for part in described["parts"].values() if part["pid"]),
            ]
            memory = idle_megabytes(pids)
            again = timed(["make", "up"], checkout, environment)
        finally:
            timed(["make", "down"], checkout, environment)
    table(["disk", "MB"], [*disk.items(), ("together", sum(disk.values()))])
    print()
    table(["program", "idle MB"], [*sorted(memory.items()), ("together", sum(memory.values()))])
    print(f"\nsetup {seconds[0]:.0f} s, of which download {seconds[0] - seconds[1]:.0f} s")
    print(f"up: ready in {up:.1f} s; once more, with nothing to do, {again:.1f} s")
    claims = [
        Claim.of("disk MB", sum(disk.values()), "<=", DISK_GOAL_MB),
        Claim.of("make setup, s", seconds[0], "<=", SETUP_GOAL_S),
        Claim.of("make up to ready, s", up, "<=", UP_GOAL_S),
        Claim.of("idle MB", sum(memory.values()), "<=", IDLE_GOAL_MB),
    ]
    return conclude(claims, as_json=options.json, setup_s=seconds, disk_mb=disk, idle_mb=memory)


if __name__ == "__main__":
    sys.exit(main())
