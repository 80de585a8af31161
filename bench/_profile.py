"""Where processes spend their time, as py-spy sees it from outside."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

PY_SPY = Path(sys.executable).parent / "py-spy"
_RATE = 250


async def record(
    processes: Mapping[str, int], folder: Path, name: str, after_s: float, seconds: float
) -> None:
    """Keep `<folder>/<name>-<process>.txt`: one line for each stack, outermost first, and how often it was seen."""
    await asyncio.sleep(after_s)
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    await asyncio.gather(
        *(_record(pid, folder / f"{name}-{process}.txt", seconds) for process, pid in processes.items())
    )


async def _record(pid: int, file: Path, seconds: float) -> None:
    options = (
        "--rate",
        str(_RATE),
        "--duration",
        f"{seconds:.0f}",
        "--format",
        "raw",
        "--gil",
        "--nonblocking",
    )
    spy = await asyncio.create_subprocess_exec(
        str(PY_SPY), "record", "--pid", str(pid), *options, "--output", str(file),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, errors = await spy.communicate()
    if spy.returncode:
        raise RuntimeError(f"py-spy: {errors.decode()[-500:]}")
