"""Where a reading's time goes on its way to the answer: by its stamp, the broker's append times and the sink."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from _load import PERIOD_NS, Measured
from _platform import Platform

from hanzo_twin.bus.records import item
from twin_common.bus.kafka import KafkaBus
from twin_schemas.catalogue import topic
from twin_schemas.records import ObservationFrame, PredictionFrame

STAGES = ("tick", "journal", "prediction", "answer")
"""Until the tick of its frame was due; the frame was in the journal; its prediction was on the bus; it was heard."""
SHARES = (0.5, 0.95, 0.99)
Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Framed:
    reading_ns: int
    appended_ns: int


async def stages(on: Platform, measured: Measured, prefix: str) -> Mapping[str, list[float]]:
    """ms of every stage, by stage, of the newest reading of each frame in the window that was answered.

    Read back from the topics while the twins still exist; the broker's append times are whole milliseconds.

    Args:
        on: the platform.
        measured: what the plants sent and the sink heard.
        prefix: of the twins' names; a plant's number follows.
    """
    begin, end = measured.window
    plants = {
        each.spec.twin: int(each.spec.name.removeprefix(prefix))
        for each in await on.twins.directory.reported()
        if each.spec.name.startswith(prefix)
    }
    heard = {(plant, named): at for plant, named, at in measured.heard}
    framed: dict[Key, _Framed] = {}
    spent: dict[str, list[float]] = {stage: [] for stage in STAGES}
    names = [
        topic(name).physical(on.settings.stream.topic_prefix) for name in ("sim.journal", "sim.predictions")
    ]
    async with await KafkaBus(on.settings.stream).reader() as reader:
        for name in names:  # one after the other: a frame is known before its prediction
            parts = await reader.partitions(name)
            await reader.read_from(await reader.offsets_at(dict.fromkeys(parts, begin // 1_000_000)))
            async for read in reader.read_to_end():
                found = item(read, ObservationFrame, PredictionFrame)
                if found is None or read.key is None or (twin := read.key.decode()) not in plants:
                    continue
                match found.record:
                    case ObservationFrame(readings=[*_, newest]) if begin <= newest.time_ns < end:
                        framed[twin, found.offset] = _Framed(newest.time_ns, found.at_ns)
                    case PredictionFrame() as said if frame := framed.pop((twin, said.offset), None):
                        if at := heard.get((plants[twin], said.time_ns)):
                            due = max(frame.reading_ns, said.time_ns - PERIOD_NS)
                            ends = (frame.reading_ns, due, frame.appended_ns, found.at_ns, at)
                            for stage, before, after in zip(STAGES, ends, ends[1:], strict=False):
                                spent[stage].append((after - before) / 1e6)
    return spent
