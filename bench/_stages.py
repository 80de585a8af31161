"""Where a reading's time goes on its way to the answer: by its stamp, the broker's append times and the sink."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from _load import PERIOD_NS, Key

from hanzo_twin.bus.records import Item
from twin_schemas.records import ObservationFrame, PredictionFrame

STAGES = ("tick", "journal", "prediction", "answer")
"""Until the tick of its frame was due; the frame was in the journal; its prediction was on the bus; it was heard."""
SHARES = (0.5, 0.95, 0.99)


def stages(
    led: Mapping[Key, Item[PredictionFrame]],
    frames: Iterable[tuple[int, Item[ObservationFrame]]],
    heard: Mapping[Key, int],
    window: tuple[int, int],
) -> dict[str, list[float]]:
    """ms of every stage, by stage, of each reading in the window that was answered.

    Args:
        led: what each reading led to, by plant and time of the reading.
        frames: of the journal, with their plants; the broker's append times are whole milliseconds.
        heard: when each prediction was heard, by plant and the time that it is for.
        window: readings sent within it count, ns.
    """
    appended = {(plant, found.offset): found.at_ns for plant, found in frames}
    spent: dict[str, list[float]] = {stage: [] for stage in STAGES}
    for (plant, read_ns), found in led.items():
        said = found.record
        framed, at = appended.get((plant, said.offset)), heard.get((plant, said.time_ns))
        if framed is None or at is None or not window[0] <= read_ns < window[1]:
            continue
        ends = (read_ns, max(read_ns, said.time_ns - PERIOD_NS), framed, found.at_ns, at)
        for stage, before, after in zip(STAGES, ends, ends[1:], strict=False):
            spent[stage].append((after - before) / 1e6)
    return spent
