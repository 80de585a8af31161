"""Which prediction a reading led to: the bus says whose innovations it has, whatever else came at about that time.

A frame that closed without a reading has a prediction, too, and at 30 Hz an answer is always near. So nothing is
matched by when it came: what the sink heard is an answer if the prediction that it names was made of that very reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from _load import Key
from _platform import Platform

from hanzo_twin.bus.records import Item, item
from twin_common.bus.kafka import KafkaBus
from twin_schemas.catalogue import topic
from twin_schemas.record import Record
from twin_schemas.records import PredictionFrame

T = TypeVar("T", bound=Record)


async def read_back(
    on: Platform, name: str, kind: type[T], plants: Mapping[str, int], since_ns: int
) -> list[tuple[int, Item[T]]]:
    """Records of one kind with their plants, each twin's in order. Afterwards: it costs what is measured nothing.

    Args:
        on: the platform.
        name: of the topic.
        kind: of the records.
        plants: numbers by twin.
        since_ns: of appending, ns since the Unix epoch; the broker keeps milliseconds.
    """
    physical = topic(name).physical(on.settings.stream.topic_prefix)
    async with await KafkaBus(on.settings.stream).reader() as reader:
        parts = await reader.partitions(physical)
        await reader.read_from(await reader.offsets_at(dict.fromkeys(parts, since_ns // 1_000_000)))
        return [
            (plants[twin], found)
            async for read in reader.read_to_end()
            if read.key is not None
            and (twin := read.key.decode()) in plants
            and (found := item(read, kind)) is not None
        ]


def led_to(predictions: Iterable[tuple[int, Item[PredictionFrame]]]) -> dict[Key, Item[PredictionFrame]]:
    """The first prediction that was made of each reading, by plant and time of the reading.

    An innovation without values is of a reading that was too late, or from too far ahead: it led to nothing.
    """
    first: dict[Key, Item[PredictionFrame]] = {}
    for plant, found in predictions:
        for innovation in found.record.innovations:
            if innovation.values:
                first.setdefault((plant, innovation.time_ns), found)
    return first


def answers(led: Mapping[Key, Item[PredictionFrame]], heard: Mapping[Key, int]) -> dict[Key, int]:
    """When the answer to each reading was heard, by plant and time of the reading.

    Args:
        led: what each reading led to.
        heard: when each prediction was heard, by plant and the time that it is for.
    """
    return {
        (plant, read_ns): at
        for (plant, read_ns), found in led.items()
        if (at := heard.get((plant, found.record.time_ns))) is not None
    }
