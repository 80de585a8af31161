"""Predictions on their way out: each once, and as the public stream writes them (journal rules 6 and 7)."""

from collections.abc import Iterable, Sequence
from math import hypot, sqrt

import orjson

from twin_schemas.records import (
    Channel,
    ChannelKind,
    ChannelRole,
    ChannelValue,
    Innovation,
    PredictionFrame,
    TwinGenesis,
    TwinPrediction,
)

Identity = tuple[int, int]
"""Incarnation and journal offset: what a prediction is a prediction of."""

NEVER: Identity = (0, -1)


class ChannelTable:
    """The channels of one incarnation, ready to be written out."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        """Arrange the observed channels in table order."""
        self._named = [(f"{channel.path}.{channel.kind.value}", channel.unit) for channel in channels]
        self._observed = [
            (index, 7 if channel.kind == ChannelKind.POSE else 1)
            for index, channel in enumerate(channels)
            if channel.role == ChannelRole.OBSERVED
        ]
        self.width = sum(size for _, size in self._observed)

    def fits(self, frame: PredictionFrame) -> bool:
        """Whether a prediction speaks of these channels, and of no others."""
        known = range(len(self._named))
        return len(frame.values) == self.width and all(each.channel in known for each in frame.innovations)

    def path(self, channel: int) -> str:
        """`<USD path>.<kind>` of a channel."""
        return self._named[channel][0]

    def values(self, flat: Sequence[float]) -> list[ChannelValue]:
        """The observed channels' values from their flattened numbers."""
        at, out = 0, []
        for index, size in self._observed:
            path, unit = self._named[index]
            out.append(ChannelValue(path, unit, list(flat[at : at + size])))
            at += size
        return out

    def innovations(self, innovations: Iterable[Innovation]) -> list[ChannelValue]:
        """Those innovations that say something."""
        return [
            ChannelValue(*self._named[innovation.channel], innovation.values)
            for innovation in innovations
            if innovation.values
        ]


class Publication:
    """What of one twin's predictions goes out.

    Attributes:
        newest: identity of the newest prediction that is public.
        told: of the newest that the physical side was told, which hears at once and nothing twice.
        held_back_ns: nothing is published until it is known what is public of what was predicted since then (Unix
            epoch); None: it is known.
        since_ns: what has waited since before, a monotonic time, isn't to be sent any more.
        is_known: `newest` was looked up, or nothing was there to be looked up.
        repeated: dropped because they were public already.
        unknown: dropped because their incarnation isn't the one in force or the one before it, of which the worker may
            still have something to say (as long as one writer saw both), or their channels aren't its.
        name: of the twin.
    """

    def __init__(self, twin: str, name: str, newest: Identity = NEVER) -> None:
        """Go on behind the newest prediction that is public."""
        self.newest = self.told = newest
        self.held_back_ns: int | None = None
        self.since_ns = 0
        self.is_known = False
        self.repeated = self.unknown = 0
        self._twin, self.name = twin, name
        self._tables: dict[int, ChannelTable] = {}
        self._squares: dict[str, tuple[int, float]] = {}

    def begin(self, genesis: TwinGenesis) -> None:
        """An incarnation begins, or goes on under this writer."""
        if genesis.incarnation not in self._tables:
            before = list(self._tables.items())[-1:]
            self._tables = {**dict(before), genesis.incarnation: ChannelTable(genesis.channels)}
            self._squares.clear()

    def hold_back(self, since_ns: int) -> None:
        """Publish nothing until `go_on`."""
        self.held_back_ns = min(since_ns, self.held_back_ns or since_ns)

    def set_aside(self, now_ns: int) -> None:
        """Nobody holds the twin for a while: publish nothing until `go_on`, which is told what was public by now."""
        self.is_known = self.is_known or self.held_back_ns is None
        self.hold_back(now_ns)

    def remember_refused(self, frame: PredictionFrame, predicted_ns: int) -> None:
        """What is new, and is refused as nothing is published now, has to be read again, however long ago it was
        predicted (ns since the Unix epoch).
        """
        if self.held_back_ns is not None and (frame.incarnation, frame.offset) > self.newest:
            self.hold_back(predicted_ns)

    def go_on(self, newest: Identity, monotonic_ns: int) -> None:
        """Publish what comes behind the newest prediction that is public, as was looked up just now."""
        self.newest, self.held_back_ns, self.since_ns = newest, None, monotonic_ns
        self.is_known = True
        self.told = max(self.told, newest)

    def tells(self, frame: PredictionFrame) -> bool:
        """Whether the physical side is to be told a prediction; it counts as told from now on."""
        identity = (frame.incarnation, frame.offset)
        if identity <= self.told or self._table_of(frame) is None:
            return False
        self.told = identity
        return True

    def admits(self, frame: PredictionFrame) -> bool:
        """Whether a prediction is to be published; it counts as public from now on."""
        if self.held_back_ns is not None:
            return False
        if (frame.incarnation, frame.offset) <= self.newest:
            self.repeated += 1
            return False
        table = self._table_of(frame)
        if table is None:
            self.unknown += 1
            return False
        self.newest = (frame.incarnation, frame.offset)
        for innovation in frame.innovations:
            if innovation.values:
                path = table.path(innovation.channel)
                count, squares = self._squares.get(path, (0, 0.0))
                size = hypot(*innovation.values[:3])
                self._squares[path] = (count + 1, squares + size * size)  # `**` may overflow
        return True

    def _table_of(self, frame: PredictionFrame) -> ChannelTable | None:
        table = self._tables.get(frame.incarnation)
        return table if table is not None and table.fits(frame) else None

    def public(self, frame: PredictionFrame, latency_ns: int) -> TwinPrediction:
        """The record of the public stream; the frame was admitted, or is to be told."""
        table = self._tables[frame.incarnation]
        return TwinPrediction(
            twin=self._twin,
            name=self.name,
            incarnation=frame.incarnation,
            offset=frame.offset,
            tick=frame.tick,
            time_ns=frame.time_ns,
            parameter_version=frame.parameter_version,
            values=table.values(frame.values),
            innovations=table.innovations(frame.innovations),
            latency_ns=latency_ns,
        )

    def innovation_rms(self) -> dict[str, float]:
        """By channel since the last call; of a pose, its translation in m."""
        squares, self._squares = self._squares, {}
        return {path: sqrt(total / count) for path, (count, total) in squares.items()}


def to_json(prediction: TwinPrediction) -> bytes:
    """A prediction for MQTT: the public record's fields, values by path, one number without its list."""
    return orjson.dumps(
        {
            "twin": prediction.twin,
            "name": prediction.name,
            "incarnation": prediction.incarnation,
            "offset": prediction.offset,
            "tick": prediction.tick,
            "time_ns": prediction.time_ns,
            "parameter_version": prediction.parameter_version,
            "values": {item.path: _plain(item.values) for item in prediction.values},
            "units": {item.path: item.unit for item in prediction.values},
            "innovations": [
                {"path": item.path, "value": _plain(item.values)} for item in prediction.innovations
            ],
            "latency_ns": prediction.latency_ns,
        }
    )


def _plain(values: list[float]) -> float | list[float]:
    return values[0] if len(values) == 1 else values
