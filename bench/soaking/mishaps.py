"""Kills and freezes, one after the other, at seeded random moments."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
import time

from _platform import Platform

KILLED = (
    "sim-worker-0",
    "sim-worker-1",
    "sync-engine",
    "sync-engine-1",
    "scene-manager",
    "api-gateway",
    "kafka",
    "mosquitto",
    "postgres",
    "seaweedfs",
)
FROZEN = ("sim-worker-0", "sim-worker-1", "sync-engine", "sync-engine-1")
FROZEN_S = 4.0
AWAY_S = 6.0


async def happen(on: Platform, *, seconds: float, every_s: float, seed: int) -> list[tuple[float, str]]:
    """One mishap about every so many seconds; the last ends before the time is up. Returns when each was."""
    for part in {*KILLED, *FROZEN}:
        on.stack.part(part)  # else it is unknown only when its turn comes
    dice = random.Random(seed)
    began = time.monotonic()
    happened: list[tuple[float, str]] = []
    while True:
        await asyncio.sleep(every_s * dice.uniform(0.5, 1.5))
        at_s = time.monotonic() - began
        if at_s > seconds - every_s:
            return happened
        if dice.random() < 0.3:
            part = dice.choice(FROZEN)
            happened.append((at_s, f"{part} frozen"))
            on.stack.signal(part, signal.SIGSTOP)
            await asyncio.sleep(FROZEN_S)
            on.stack.signal(part, signal.SIGCONT)
        else:
            part = dice.choice(KILLED)
            happened.append((at_s, f"{part} killed"))
            await asyncio.to_thread(on.stack.kill, part)
            await asyncio.sleep(AWAY_S if part.startswith(("sim-worker", "sync-engine")) else 1.0)
            await asyncio.to_thread(on.stack.restore)
        print(f"{at_s / 60:5.1f} min: {happened[-1][1]}", file=sys.stderr, flush=True)
