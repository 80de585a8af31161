"""Hand-made journal records of one twin."""

from __future__ import annotations

from dataclasses import replace

from twin_schemas import examples
from twin_schemas.records import (
    ChannelKind,
    Epoch,
    Grid,
    JointCommand,
    ObservationFrame,
    Quality,
    Reading,
    SourcesAcquired,
)

FIRST, SECOND = Epoch(1, "a"), Epoch(2, "b")
TICK_NS = 1_000_000_000 // 30


def genesis(epoch=FIRST):
    """Begins incarnation 1 at tick 0 with the grid at time 0, 30 Hz."""
    example = examples.load("TwinGenesis")["full"]
    channels = [replace(example.channels[0], index=0, kind=ChannelKind.POSITION)]
    return replace(example, epoch=epoch, incarnation=1, channels=channels, grid=Grid(0, 0, 30, 1))


def acquired(epoch=FIRST):
    return SourcesAcquired(epoch, -1, 0, 0)


def frame(tick, *positions, epoch=FIRST, gap=False):
    readings = [Reading(0, [position], tick * TICK_NS, Quality.GOOD) for position in positions]
    return ObservationFrame(epoch, tick, readings, -1, gap=gap)


def command(name, epoch=FIRST):
    return JointCommand(epoch, name, 0, [])


def entered(book, *records):
    """Enter records one after the other."""
    for offset, record in enumerate(records):
        book.take(offset, record)
    return book
