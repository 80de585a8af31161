"""What a frame costs a worker, as its twins grow in number."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from _platform import Platform
from _processes import cpu_seconds
from _streams import messages

from hanzo_twin.definition import TwinFile
from hanzo_twin.launch import launch, wait_running
from twin_common.bus.kafka import KafkaBus
from twin_schemas.codec import decode
from twin_schemas.records import ObservationFrame, TwinSpec

RATE_HZ = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """A measurement of one worker.

    Attributes:
        twins: that ran.
        frames: predictions on the raw topic meanwhile.
        heard: messages of plants that came into the journals meanwhile: silence makes frames, too.
        cpu_s: processor time of the worker meanwhile.
        seconds: how long.
    """

    twins: int
    frames: int
    heard: int
    cpu_s: float
    seconds: float

    @property
    def share(self) -> float:
        """Of the frames that were due, those that were made."""
        return self.frames / (self.twins * RATE_HZ * self.seconds)

    @property
    def arrived(self) -> float:
        """Of the messages that were due, those that are in frames."""
        return self.heard / (self.twins * RATE_HZ * self.seconds)

    @property
    def us_per_frame(self) -> float:
        return self.cpu_s / max(1, self.frames) * 1e6


async def predictions(on: Platform) -> int:
    """How many the raw topic has had by now."""
    async with await KafkaBus(on.settings.stream).reader() as reader:
        tps = await reader.partitions(on.twins.topics.name("sim.predictions"))
        return sum((await reader.end_offsets(tps)).values())


async def heard(on: Platform, since_ms: int, until_ms: int) -> int:
    """Messages of plants in all frames that were appended in between."""
    async with await KafkaBus(on.settings.stream).reader() as reader:
        tps = await reader.partitions(on.twins.topics.name("sim.journal"))
        await reader.read_from(await reader.offsets_at(dict.fromkeys(tps, since_ms)))
        records = [
            decode(read.value)
            async for read in reader.read_to_end()
            if read.value is not None and since_ms <= read.timestamp_ms < until_ms
        ]
    return sum(messages(each) for each in records if isinstance(each, ObservationFrame))


async def measure(on: Platform, twins: int, worker: str, seconds: float) -> Cost:
    """Count frames and processor time of a worker for a while."""
    pid = on.stack.process(worker).pid
    since_ms = time.time_ns() // 1_000_000
    frames, spent, began = await predictions(on), cpu_seconds(pid), time.monotonic()
    await asyncio.sleep(seconds)
    made = await predictions(on) - frames
    spent, took_s = cpu_seconds(pid) - spent, time.monotonic() - began
    return Cost(twins, made, await heard(on, since_ms, time.time_ns() // 1_000_000), spent, took_s)


def grown(costs: Sequence[Cost]) -> float:
    """What a frame costs with most twins, to the mean of what it costs with fewest before and afterwards."""
    fewest, most = (choose(cost.twins for cost in costs) for choose in (min, max))
    few = [cost.us_per_frame for cost in costs if cost.twins == fewest]
    many = [cost.us_per_frame for cost in costs if cost.twins == most]
    return fmean(many) / max(1e-9, fmean(few))


async def start_all(on: Platform, files: Sequence[TwinFile]) -> list[TwinSpec]:
    """Create and start twins, and wait until they all run."""
    from hanzo_twin.cli.surroundings import scene_store

    specs = [(await launch(on.twins, file, scene_store(on.settings))).spec for file in files]
    for spec in specs:
        await wait_running(on.twins, spec, timeout=120.0)
    return specs
