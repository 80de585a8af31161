"""Fuzzes a target in processes of its own, and starts another when one is killed by what it read."""

from __future__ import annotations

import base64
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fuzzing.box import Box
from fuzzing.tally import BROKEN, CRASHED, Tally
from fuzzing.target import FOUND
from fuzzing.targets import target_named

CHILD = (sys.executable, "-m", "fuzzing.child")
_SILENT_S = 300.0
"""A process that says nothing for so long hangs in something that can't be interrupted."""


def fuzzed(
    name: str,
    *,
    seed: int,
    inputs: int,
    seconds: float,
    keep: bool = True,
    progress: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """Fuzz a target.

    Args:
        name: of the target.
        seed: of all chance.
        inputs: to read.
        seconds: at most.
        keep: write inputs that broke something under `found`.
        progress: is told now and then.
    """
    tally, folder, began = Tally(), FOUND / name if keep else None, time.monotonic()
    target = target_named(name)
    target.close()
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir="/dev/shm") as scratch:
        turn = 0
        while tally.inputs < inputs and (left := began + seconds - time.monotonic()) > 0:
            box = Path(scratch) / "box"
            Box.create(box)
            count = min(target.per_process, inputs - tally.inputs)
            command = [
                *CHILD,
                name,
                f"{seed}.{turn}",
                str(count),
                str(left),
                str(box),
            ]
            _one(command, box, tally, folder, progress, contained=target.contained)
            turn += 1
    tally.bound_contained()
    tally.seconds = time.monotonic() - began
    return tally


def _one(
    command: list[str],
    box: Path,
    tally: Tally,
    folder: Path | None,
    progress: Callable[[Tally], None],
    *,
    contained: bool,
) -> None:
    before = tally.inputs
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "PYTHONHASHSEED": "0",
        "TMPDIR": str(box.parent),  # where libraries leave reports of their crashes
    }
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True
    )
    assert process.stdout is not None
    silent = True
    try:
        while select.select([process.stdout], [], [], _SILENT_S)[0]:
            if not (line := process.stdout.readline()):
                silent = False
                process.wait(_SILENT_S)
                break
            _take(json.loads(line), tally, folder)
            progress(tally)
    finally:
        process.kill()
        status = process.wait()
        process.stdout.close()
    if status != 0:
        killed = Box(box)
        number, data = killed.get()
        killed.close()
        how = "hang" if silent else signal.Signals(-status).name if status < 0 else f"exit status {status}"
        tally.inputs = before + number + 1
        if contained and status < 0 and not silent:
            tally.outcomes[CRASHED] += 1
        else:
            tally.found(how, f"the process ended by {how}", data, folder)
            tally.outcomes[BROKEN] += 1


def _take(said: dict[str, Any], tally: Tally, folder: Path | None) -> None:
    if "found" in said:
        tally.found(said["found"], said["story"], base64.b64decode(said["data"]), folder)
    else:
        tally.add(said)
