"""The plant as a process of its own."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from hanzo_twin.demo.example import Example
from hanzo_twin.errors import DemoFailed

PATIENCE_S = 5.0


@asynccontextmanager
async def plant_running(example: Example, log: Path) -> AsyncIterator[Process]:
    """Run the plant inside the `async with`; it is stopped at its end, whatever happens.

    Args:
        example: whose plant.
        log: file for what it sent.

    Raises:
        DemoFailed: it stopped before its time; the message has its last words.
    """
    arguments = ["--broker", example.broker, "--topic", example.topic, "--log", str(log)]
    arguments += [] if example.commands is None else ["--commands", example.commands]
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(example.plant), *arguments, stderr=PIPE
    )
    try:
        yield process
        if process.returncode is not None:
            assert process.stderr is not None
            words = (await process.stderr.read()).decode(errors="replace").strip()[-500:]
            raise DemoFailed(f"the plant ended by itself with exit code {process.returncode}: {words}")
    finally:
        if process.returncode is None:
            process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), PATIENCE_S)
        if process.returncode is None:
            process.kill()
            await process.wait()
