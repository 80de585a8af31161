"""Twins under load: many plants, a sink, and the time from each reading to its answer.

The truth is not the platform's: the plants keep when they sent each reading, the sink keeps when each answer came.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
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
Key = tuple[int, int]
"""Number of a plant, and a time in ns."""


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
        cpu_s: processor seconds by process.
        window: when it began and ended, ns since the Unix epoch.
        sent: times of the readings by plant, ns, also of those outside the window.
        heard: when each message was heard first, by plant and the time that it names.
    """

    cpu_s: dict[str, float]
    window: tuple[int, int]
    sent: Sequence[Sequence[int]]
    heard: Mapping[Key, int]

    @property
    def readings(self) -> int:
        """Sent within the window."""
        return sum(self.window[0] <= at < self.window[1] for times in self.sent for at in times)


def first_heard(got: Iterable[Sequence[int]]) -> dict[Key, int]:
    """When each message was heard first; of rows of plant, time named, time of arrival."""
    first: dict[Key, int] = {}
    for plant, named, arrived in got:
        first.setdefault((plant, named), arrived)
    return first


def pair(
    sent: Sequence[Sequence[int]], answers: Mapping[Key, int], window: tuple[int, int]
) -> tuple[list[float], list[float]]:
    """Latencies in ms; and of the readings without an answer how long they waited until nobody listened any more.

    Args:
        sent: times of the readings by plant, ns.
        answers: when the answer to a reading was heard, by plant and the time of that very reading. What was heard
            before the reading was sent is no answer to it.
        window: readings sent within it count, ns.
    """
    latencies, unanswered, last_ns = [], [], window[1] + round(_SETTLE_S * 1e9)
    for plant, times in enumerate(sent):
        for at in times:
            if window[0] <= at < window[1]:
                heard = answers.get((plant, at))
                if heard is not None and heard >= at:
                    latencies.append((heard - at) / 1e6)
                else:
                    unanswered.append((last_ns - at) / 1e6)
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
) -> Measured:
    """Let the plants move for warm_s, then measure.

    Args:
        on: the platform.
        kind: of the plants.
        count: of the plants.
        warm_s: not measured.
        seconds: measured.
        processes: whose processor time is taken, by name.
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
        times, heard = await asyncio.to_thread(_read, sent, got)
    return Measured(after.since(before), (begin, end), times, heard)


def _read(sent: Path, got: Path) -> tuple[list[list[int]], dict[Key, int]]:
    return json.loads(sent.read_text()), first_heard(json.loads(got.read_text()))


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
