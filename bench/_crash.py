"""A twin that brings its worker's process down, for real."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from _faulty import crash
from _platform import Platform

from hanzo_twin.stack.state import Phase
from twin_schemas.records import SimPhase, SimStatus, TwinSpec


async def crash_and_park(on: Platform, spec: TwinSpec, patience_s: float = 180.0) -> SimStatus | None:
    """Crash its worker; the first status that says that the twin is parked, or None."""
    await crash(on, spec)
    with suppress(TimeoutError):
        async with asyncio.timeout(patience_s):
            async for item in on.twins.streams.follow_status(spec):
                status = item.record
                if isinstance(status, SimStatus) and status.phase is SimPhase.PARKED:
                    return status
    return None


async def fallen(on: Platform, patience_s: float = 30.0) -> dict[str, str]:
    """Workers that have ended, and how; waits a little, since the stack has to notice."""
    deadline = time.monotonic() + patience_s
    while True:
        parts = on.stack.state.parts
        ended = {part.name: part.ended or "" for part in parts if part.service and part.phase is Phase.FAILED}
        if ended or time.monotonic() > deadline:
            return ended
        await asyncio.sleep(0.1)
