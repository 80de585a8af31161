"""Looks at a platform from outside, every few seconds: memory, topic sizes, latency, age of checkpoints."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil
from _platform import Platform, percentile
from soaking.books import Span

from hanzo_twin.bus.records import item
from twin_common.bus.kafka import KafkaBus
from twin_common.bus.types import Record
from twin_schemas.catalogue import topic
from twin_schemas.errors import SchemaError
from twin_schemas.records import CheckpointTaken, TwinPrediction, TwinSpec


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen at one moment.

    Attributes:
        at_s: seconds since sampling began.
        memory_mb: resident memory of each process and its children; a process that is away at the moment is missing.
        pids: of the same processes.
        topics_mb: size on the broker's disk by topic.
        p50_ms, p99_ms: sync latency of the predictions published since the sample before; None when there were none.
        predictions: how many they were.
        checkpoint_age_s: of the twin whose newest checkpoint is oldest.
    """

    at_s: float
    memory_mb: dict[str, float]
    pids: dict[str, int]
    topics_mb: dict[str, float]
    p50_ms: float | None
    p99_ms: float | None
    predictions: int
    checkpoint_age_s: float


@dataclass
class Listener:
    """Follows public streams and checkpoints from their beginnings on.

    Attributes:
        span: what counts for `heard`.
        latencies_ms: of predictions that nobody has taken yet; those of another writer's frames tell none.
        predictions: how many there were since somebody took latencies.
        heard: how many there were of each twin in the span.
        again: how many of all were public before, or came behind newer ones.
        checkpoints_ns: when each twin's newest checkpoint was appended.
    """

    span: Span = field(default_factory=Span)
    latencies_ms: list[float] = field(default_factory=list)
    predictions: int = 0
    heard: Counter[str] = field(default_factory=Counter)
    again: int = 0
    checkpoints_ns: dict[str, int] = field(default_factory=dict)
    _newest: dict[str, tuple[int, int]] = field(default_factory=dict)

    async def follow(self, on: Platform, specs: Sequence[TwinSpec]) -> None:
        """Run until cancelled."""
        started = time.time_ns()
        self.checkpoints_ns = dict.fromkeys((spec.twin for spec in specs), started)
        prefix = on.settings.stream.topic_prefix
        names = [topic("sim.checkpoints").physical(prefix), *(f"{prefix}.{spec.name}" for spec in specs)]
        async with await KafkaBus(on.settings.stream).reader() as reader:
            parts = [part for name in names for part in await reader.partitions(name)]
            await reader.assign(*parts)
            async for read in reader.tail():
                self._hear(read)

    def _hear(self, read: Record) -> None:
        try:
            found = item(read, CheckpointTaken, TwinPrediction)
        except SchemaError:
            return
        match found.record if found else None:
            case CheckpointTaken() as taken if taken.twin in self.checkpoints_ns:
                self.checkpoints_ns[taken.twin] = read.timestamp_ms * 1_000_000
            case TwinPrediction() as prediction if prediction.twin in self.checkpoints_ns:
                identity = (prediction.incarnation, prediction.offset)
                if identity <= self._newest.get(prediction.twin, (0, -1)):
                    self.again += 1
                    return
                self._newest[prediction.twin] = identity
                self.predictions += 1
                self.heard[prediction.twin] += self.span.has(read.timestamp_ms)
                if prediction.latency_ns >= 0:
                    self.latencies_ms.append(prediction.latency_ns / 1e6)

    def take(self) -> tuple[int, list[float]]:
        """Predictions and their latencies since the last call."""
        taken = self.predictions, self.latencies_ms
        self.predictions, self.latencies_ms = 0, []
        return taken


def memory(on: Platform) -> dict[str, tuple[int, float]]:
    """Pid, and resident MB with its children, by process of the stack."""
    found = {}
    for part in on.stack.state.alive():
        assert part.process is not None
        try:
            root = psutil.Process(part.process.pid)
            family = [root, *root.children(recursive=True)]
            found[part.name] = root.pid, sum(each.memory_info().rss for each in family) / 1e6
        except psutil.NoSuchProcess:
            continue
    return found


def topic_sizes(on: Platform) -> dict[str, float]:
    """MB on disk by topic, all partitions together; indices, which are allocated in advance, don't count."""
    sizes: dict[str, float] = defaultdict(float)
    for log in (on.stack.home.data / "kafka").rglob("*.log"):
        try:
            sizes[log.parent.name.rpartition("-")[0]] += log.stat().st_size / 1e6
        except FileNotFoundError:  # a segment that was deleted while we looked
            continue
    return dict(sizes)


async def sample(
    on: Platform,
    listener: Listener,
    samples: list[Sample],
    *,
    every_s: float,
    seconds: float,
    speed: float = 1.0,
) -> None:
    """Enter samples at regular intervals; `speed` says how much faster than ours the services' clocks run."""
    began = time.monotonic()
    while (at_s := time.monotonic() - began) < seconds:
        await asyncio.sleep((len(samples) + 1) * every_s - at_s)
        predictions, taken_ms = listener.take()
        latencies = [value / speed for value in taken_ms]
        oldest = min(listener.checkpoints_ns.values())
        found = await asyncio.to_thread(memory, on)
        samples.append(
            Sample(
                at_s=time.monotonic() - began,
                memory_mb={part: mb for part, (_, mb) in found.items()},
                pids={part: pid for part, (pid, _) in found.items()},
                topics_mb=await asyncio.to_thread(topic_sizes, on),
                p50_ms=percentile(latencies, 0.5) if latencies else None,
                p99_ms=percentile(latencies, 0.99) if latencies else None,
                predictions=predictions,
                checkpoint_age_s=(time.time_ns() - oldest) / 1e9,
            )
        )


def keep(path: Path, samples: Sequence[Sample]) -> None:
    """Write samples to a file, as a list in JSON."""
    path.write_text(json.dumps([asdict(each) for each in samples]))
