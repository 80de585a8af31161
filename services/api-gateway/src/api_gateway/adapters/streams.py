"""Predictions straight from a twin's public topic, with a reader for each stream: a slow one holds up only itself."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from math import isfinite

from api_gateway.domain.entries import TwinEntry
from api_gateway.domain.live import Told, prediction_view
from api_gateway.errors import Problem
from twin_common import metrics_table as m
from twin_common.bus.api import Bus, Reader
from twin_common.bus.types import TopicPartition
from twin_common.errors import BrokerUnreachable, BusError, OffsetUnavailable, TopicMissing
from twin_common.logs import get_logger
from twin_common.metrics import Metrics
from twin_schemas import codec
from twin_schemas.errors import SchemaError
from twin_schemas.records import TwinPrediction

_BATCH = 100
_POLL_S = 0.5
_OPEN_S = 5.0
_LATER = {"Retry-After": "1"}
_log = get_logger(__name__)


class BusStreams:
    """`Streams` on the bus.

    Args:
        bus: opens readers.
        prefix: begins every topic's name.
        limit: streams at once; half of them for any one organisation.
        metrics: where open ones are counted.
    """

    def __init__(self, bus: Bus, prefix: str, limit: int, metrics: Metrics) -> None:
        self._bus, self._prefix, self._limit, self._metrics = bus, prefix, limit, metrics
        self.opened = 0
        self._share = (limit + 1) // 2
        self._by_org: Counter[str] = Counter()
        self._count("", 0)

    async def open(self, entry: TwinEntry, after: int | None, start: str | None) -> BusStream:
        """A twin's predictions as they come."""
        org = entry.spec.org
        if self.opened >= self._limit:
            raise _too_many(f"{self._limit} streams are open here already")
        if self._by_org[org] >= self._share:
            raise _too_many(f"{self._share} streams of your organization are open here already")
        self._count(org, 1)
        tp = TopicPartition(f"{self._prefix}.{entry.spec.name}", 0)
        stream = BusStream(tp, entry.id, partial(self._count, org, -1))
        try:
            async with asyncio.timeout(_OPEN_S):
                await stream.begin(self._bus, after, start)
        except BaseException as error:
            await stream.close()
            if isinstance(error, TopicMissing):
                raise Problem("unavailable", "the twin's stream isn't there yet", headers=_LATER) from error
            if isinstance(error, BrokerUnreachable | BusError | TimeoutError):
                raise Problem("unavailable", "no broker answers", headers=_LATER) from error
            raise
        return stream

    def _count(self, org: str, more: int) -> None:
        self.opened += more
        self._by_org[org] += more
        if not self._by_org[org]:
            del self._by_org[org]
        self._metrics.set(m.API_STREAMS, self.opened)


class BusStream:
    """`Stream` of one reader.

    Args:
        tp: the twin's public topic.
        twin: whose records count: a name may have been another twin's before.
        closed: told when it is.
    """

    def __init__(self, tp: TopicPartition, twin: str, closed: Callable[[], None]) -> None:
        self._tp, self._key, self._closed = tp, twin.encode(), closed
        self._reader: Reader | None = None
        self._first: list[Told] = []
        self._next = 0
        self.before = -1
        self._is_closed = False

    async def begin(self, bus: Bus, after: int | None, start: str | None) -> None:
        """Stand where it begins."""
        self._reader = reader = await bus.reader()
        await reader.assign(self._tp)
        gap = await _place(reader, self._tp, after, start)
        self._next = await reader.position(self._tp)
        self.before = self._next - 1
        if gap is not None:
            self._first.append(gap)
            self.before = (
                gap.data["wanted"] - 1
            )  # whoever doesn't hear of the gap now has to hear of it next time

    async def next(self) -> Sequence[Told]:
        """What came since the last call."""
        if self._first:
            told, self._first = self._first, []
            return told
        assert self._reader is not None
        try:
            records = await self._reader.poll(_BATCH, _POLL_S)
        except (BrokerUnreachable, BusError) as error:
            return [Told("end", None, {"reason": "unavailable", "detail": str(error)})]
        found = []
        for record in records:
            if record.offset > self._next:  # it expired while a slow reader was busy with what was before
                found.append(Told("gap", None, {"wanted": self._next, "oldest": record.offset}))
            self._next = record.offset + 1
            if record.key == self._key and record.value is not None:
                prediction = _decoded(record.value, self._tp, record.offset)
                if prediction is not None:
                    found.append(Told("prediction", record.offset, prediction_view(prediction)))
        return found

    async def close(self) -> None:
        """Release the reader."""
        if self._is_closed:
            return
        self._is_closed = True
        self._closed()
        if self._reader is not None:
            await self._reader.close()


def _too_many(detail: str) -> Problem:
    return Problem("too_many_streams", detail, status=503, headers={"Retry-After": "5"})


async def _place(reader: Reader, tp: TopicPartition, after: int | None, start: str | None) -> Told | None:
    """Stand where the stream begins; what is missing in front of it, if anything is."""
    if after is not None or (start is not None and start.isdigit()):
        wanted = after + 1 if after is not None else int(start or 0)
        try:
            await reader.seek(tp, wanted)
        except OffsetUnavailable:
            await reader.seek_to_end(tp)
            end = await reader.position(tp)
            if wanted < end:  # it isn't kept any more; else it isn't there yet: what comes next is said
                await reader.seek_to_beginning(tp)
            return Told("gap", None, {"wanted": wanted, "oldest": await reader.position(tp)})
    elif start == "earliest":
        await reader.seek_to_beginning(tp)
    else:
        await reader.seek_to_end(tp)
    return None


def _decoded(value: bytes, tp: TopicPartition, offset: int) -> TwinPrediction | None:
    try:
        prediction = codec.decode(value)
    except SchemaError as error:
        _log.warning("a prediction can't be read", topic=tp.topic, offset=offset, error=str(error))
        return None
    if not isinstance(prediction, TwinPrediction):
        return None
    numbers = (number for item in (*prediction.values, *prediction.innovations) for number in item.values)
    if not all(map(isfinite, numbers)):  # JSON has no word for them
        _log.warning("a prediction isn't finite", topic=tp.topic, offset=offset)
        return None
    return prediction
