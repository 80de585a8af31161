"""What a frame costs a worker, as its twins grow in number."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from _platform import Platform
from _processes import cpu_seconds

from hanzo_twin.definition import TwinFile
from hanzo_twin.launch import launch, wait_running
from twin_common.bus.kafka import KafkaBus
from twin_schemas.records import TwinSpec

RATE_HZ = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """A measurement of one worker.

    Attributes:
        twins: that ran.
        frames: predictions on the raw topic meanwhile.
        cpu_s: processor time of the worker meanwhile.
        seconds: how long.
    """

    twins: int
    frames: int
    cpu_s: float
    seconds: float

    @property
    def share(self) -> float:
        """Of the frames that were due, those that were made."""
        return self.frames / (self.twins * RATE_HZ * self.seconds)

    @property
    def us_per_frame(self) -> float:
        return self.cpu_s / max(1, self.frames) * 1e6


async def predictions(on: Platform) -> int:
    """How many the raw topic has had by now."""
    async with await KafkaBus(on.settings.stream).reader() as reader:
        tps = await reader.partitions(on.twins.topics.name("sim.predictions"))
        return sum((await reader.end_offsets(tps)).values())


async def measure(on: Platform, twins: int, worker: str, seconds: float) -> Cost:
    """Count frames and processor time of a worker for a while."""
    pid = on.stack.process(worker).pid
    frames, spent, began = await predictions(on), cpu_seconds(pid), time.monotonic()
    await asyncio.sleep(seconds)
    made = await predictions(on) - frames
    return Cost(twins, made, cpu_seconds(pid) - spent, time.monotonic() - began)


async def start_all(on: Platform, files: Sequence[TwinFile]) -> list[TwinSpec]:
    """Create and start twins, and wait until they all run."""
    from hanzo_twin.cli.surroundings import scene_store

    specs = [(await launch(on.twins, file, scene_store(on.settings))).spec for file in files]
    for spec in specs:
        await wait_running(on.twins, spec, timeout=120.0)
    return specs
