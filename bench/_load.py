"""Twins under load: many plants, a sink, and the time from each reading to its answer.

The truth is not the platform's: the plants keep when they sent each reading, the sink keeps when each answer came.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from _platform import Platform
from _processes import Books

from twin_common.bus.kafka import KafkaBus
from twin_common.bus.types import NewTopic

FOLDER = Path(__file__).parent / "loop"
RATE = 30
PERIOD_NS = 1_000_000_000 // RATE
_SETTLE_S = 1.0
STARTS_S = 2.0
"""Longer than the plants' and the sink's processes need to begin."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of plant: its scene, and the joints by the name that the plant gives them."""

    name: str
    scene: Path
    joints: Mapping[str, str]


KINDS = {
    "pendulum": Kind(
        "pendulum",
        FOLDER.parents[1] / "examples/pendulum/scene.usda",
        {"hinge": "/World/Pendulum/hinge"},
    ),
    "arm": Kind(
        "arm",
        FOLDER / "arm.usda",
        {name: f"/World/Arm/{name}" for name in ("base", "shoulder", "elbow", "roll", "wrist", "flange")},
    ),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """What happened in a window of time.

    Attributes:
        seconds: its length.
        latencies_ms: of each reading that was answered, from the plant's sending to the sink's receiving.
        unanswered: readings without an answer of their own.
        cpu_s: processor seconds by process.
        window: when it began and ended, ns since the Unix epoch.
        heard: plant, time named and time of arrival of every answer, also of those outside the window.
    """

    seconds: float
    latencies_ms: list[float]
    unanswered: int
    cpu_s: dict[str, float]
    window: tuple[int, int]
    heard: list[tuple[int, int, int]]

    @property
    def frames(self) -> int:
        return len(self.latencies_ms) + self.unanswered


def pair(
    sent: Sequence[Sequence[int]], got: Sequence[tuple[int, int, int]], ahead_ns: int, window: tuple[int, int]
) -> tuple[list[float], int]:
    """Latencies in ms, and the readings without an answer.

    Args:
        sent: times of the readings by plant, ns.
        got: plant, time named, time of arrival.
        ahead_ns: an answer names a time so much after that of its reading.
        window: readings sent within it count, ns.
    """
    first: dict[tuple[int, int], int] = {}
    for plant, named, arrived in got:
        times, wanted = sent[plant], named - ahead_ns
        right = bisect_left(times, wanted)
        near = min(
            (n for n in (right - 1, right) if 0 <= n < len(times)), key=lambda n: abs(times[n] - wanted)
        )
        first.setdefault((plant, near), arrived)
    latencies, unanswered = [], 0
    for plant, times in enumerate(sent):
        for number, at in enumerate(times):
            if window[0] <= at < window[1]:
                if (plant, number) in first:
                    latencies.append((first[plant, number] - at) / 1e6)
                else:
                    unanswered += 1
    return latencies, unanswered


@asynccontextmanager
async def child(
    on: Platform, *arguments: str, awaited: bytes = b""
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of the bench, which has said that it is ready, and ends with the block."""
    process = await on.script(*arguments)
    try:
        if awaited:
            assert process.stdout is not None
            said = await asyncio.wait_for(process.stdout.readline(), 20)
            if awaited not in said:
                raise RuntimeError(f"{arguments[0]}: {(await process.communicate())[1].decode()[-1000:]}")
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def load(
    on: Platform,
    kind: Kind,
    count: int,
    *,
    warm_s: float,
    seconds: float,
    processes: Mapping[str, int],
    ahead_ns: int = PERIOD_NS,
) -> Measured:
    """Let the plants move for warm_s, then measure.

    Args:
        on: the platform.
        kind: of the plants.
        count: of the plants.
        warm_s: not measured.
        seconds: measured.
        processes: whose processor time is taken, by name.
        ahead_ns: an answer names a time so much after that of its reading; predictions are for the next tick.
    """
    with tempfile.TemporaryDirectory(prefix="twin-loop-") as folder:
        sent, got = Path(folder, "sent.json"), Path(folder, "got.json")
        topic = f"{kind.name}/+/twin/predictions"
        options = ("--broker", on.broker, "--topic", topic, "--got", str(got))
        async with child(on, str(FOLDER / "sink.py"), *options, awaited=b"listening") as sink:
            total = STARTS_S + warm_s + seconds + _SETTLE_S
            plants = (
                "--broker",
                on.broker,
                "--prefix",
                kind.name,
                "--count",
                str(count),
                "--rate",
                str(RATE),
            )
            more = ("--joints", ",".join(kind.joints), "--seconds", f"{total:g}", "--sent", str(sent))
            async with child(on, str(FOLDER / "plant.py"), *plants, *more) as plant:
                everyone = {**processes, "plant": plant.pid, "sink": sink.pid}
                await asyncio.sleep(STARTS_S + warm_s)
                begin, before = time.time_ns(), Books.of(everyone)
                await asyncio.sleep(seconds)
                end, after = time.time_ns(), Books.of(everyone)
                _, errors = await asyncio.wait_for(plant.communicate(), STARTS_S + warm_s + 60)
                if plant.returncode:
                    raise RuntimeError(f"the plant failed: {errors.decode()[-1000:]}")
            await asyncio.sleep(_SETTLE_S)
        window = (begin, end)
        latencies, unanswered, heard = await asyncio.to_thread(_read_pair, sent, got, ahead_ns, window)
    return Measured((end - begin) / 1e9, latencies, unanswered, after.since(before), window, heard)


def _read_pair(
    sent: Path, got: Path, ahead_ns: int, window: tuple[int, int]
) -> tuple[list[float], int, list[tuple[int, int, int]]]:
    heard = [(plant, named, at) for plant, named, at in json.loads(got.read_text())]
    return *pair(json.loads(sent.read_text()), heard, ahead_ns, window), heard


@asynccontextmanager
async def echo(on: Platform, kind: Kind) -> AsyncIterator[dict[str, int]]:
    """A bare echo of the same path, in two processes; their ids."""
    topics = [f"echo-{kind.name}-{way}" for way in ("there", "back")]
    async with await KafkaBus(on.settings.stream, client_id="loop").admin() as admin:
        await admin.create_topics([NewTopic(topic, partitions=12) for topic in topics])
    options = ("--brokers", on.settings.stream.brokers, "--broker", on.broker, "--prefix", kind.name)
    script = str(FOLDER / "echo.py")
    async with (
        child(on, script, "middle", *options, "--topics", *topics, awaited=b"ready") as middle,
        child(on, script, "bridge", *options, "--topics", *topics, awaited=b"ready") as bridge,
    ):
        yield {"echo bridge": bridge.pid, "echo middle": middle.pid}


def say(text: str) -> None:
    """Tell the person who waits."""
    print(text, file=sys.stderr, flush=True)
