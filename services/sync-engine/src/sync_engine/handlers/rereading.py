"""Reads what is about to be sealed once more: the broker may have lost it, and have been given others since."""

from collections.abc import Sequence

from twin_common.archive.marks import Mark, digest_of_value
from twin_common.bus.api import Reader
from twin_common.bus.types import Record, TopicPartition


async def changed(
    reader: Reader, tp: TopicPartition, behind: Mark | None, records: Sequence[Record]
) -> int | None:
    """The first offset at which a partition holds another record than was read there; None: there is none.

    A reader that is cut off while a broker loses its last records and takes as many new ones goes on behind them as if
    nothing had happened. Where it was cut off isn't known, so the whole range is compared, and the record in front
    of it. What retention has removed meanwhile can't be compared.

    Args:
        reader: reads something else afterwards.
        tp: which.
        behind: the record that was sealed last; None: none was.
        records: of the range that follows.
    """
    known = {record.offset: digest_of_value(record.value) for record in records}
    if behind is not None:
        known[behind.offset] = behind.digest
    begin = (await reader.beginning_offsets([tp]))[tp]
    left = [offset for offset in sorted(known, reverse=True) if offset >= begin]
    if not left:
        return None
    await reader.read_from({tp: left[-1]})
    async for record in reader.read_to_end(tp):
        if record.offset != left[-1] or digest_of_value(record.value) != known[record.offset]:
            return left[-1]
        left.pop()
        if not left:
            return None
    return left[-1]
