"""Cells that deliver twice and out of order: readings on their way to the sync engines, and records that were there."""

from __future__ import annotations

import asyncio
import random
import time
from functools import partial

from confluent_kafka import Consumer, Message, Producer, TopicPartition

from faulting.cell import Cell, Struck
from faulting.environment.network import PROXIED, Network
from faulting.stage import Stage

_SECONDS = 6.0
_LATE_S = 0.2
_BACK_S = 20.0
_SHARE = 0.3
"""Of the records that are there: so many come again."""

_MOST = 3000
_PATIENCE_S = 10.0
_SAYS = (
    "30 % of the records of the last 20 s, and of 6 s more, come again later, with the same bytes and headers"
)


async def shuffle(stage: Stage, dice: random.Random) -> Struck:
    """Readings come twice, and up to 0.2 s late, after newer ones."""
    network = stage.tool(Network)
    began_ns = time.time_ns()
    await network.fail(["mosquitto"], "shuffle", delay_s=_LATE_S, seed=dice.getrandbits(32))
    try:
        await asyncio.sleep(_SECONDS)
    finally:
        counted = await network.heal()
    if not counted["mosquitto"]:
        raise RuntimeError("no reading came twice or late")
    await asyncio.sleep(_LATE_S)
    what = f"{counted['mosquitto']} messages so far came twice or late"
    return Struck(what, began_ns, time.time_ns())


async def repeat(stage: Stage, dice: random.Random, *, topic: str) -> Struck:
    """Write records of a topic again, as they are, in another order."""
    host, port = stage.endpoint("kafka")
    began_ns = time.time_ns()
    again = Again(f"{host}:{port}", topic, dice)
    if not (count := await asyncio.to_thread(again.run)):
        raise RuntimeError(f"no record of {topic} came again")
    return Struck(f"{count} records of {topic} again", began_ns, time.time_ns())


class Again:
    """Reads a topic from some time ago on, and writes part of it again.

    Args:
        brokers: where.
        topic: its physical name.
        dice: choose what and when.
    """

    def __init__(self, brokers: str, topic: str, dice: random.Random) -> None:
        self._topic = topic
        self._dice = dice
        self._own: set[tuple[int, int]] = set()
        self._waiting: list[tuple[float, Message]] = []
        self._failed: list[str] = []
        group = {"group.id": "faults-again", "enable.auto.commit": False}
        self._consumer = Consumer({"bootstrap.servers": brokers, **group})
        self._producer = Producer({"bootstrap.servers": brokers, "linger.ms": 0})

    def run(self) -> int:
        """Work for some seconds; returns how many records were written again.

        Raises:
            RuntimeError: the broker took one of them not.
        """
        try:
            self._seek()
            count, until = 0, time.monotonic() + _SECONDS
            while time.monotonic() < until:
                for message in self._consumer.consume(500, 0.05):
                    self._note(message)
                count += self._write(time.monotonic())
            count += self._write(float("inf"))
            left = self._producer.flush(_PATIENCE_S)
        finally:
            self._consumer.close()
        if left or self._failed:
            raise RuntimeError(f"{left} records weren't written again; {self._failed[:1]}")
        return count

    def _seek(self) -> None:
        partitions = self._consumer.list_topics(self._topic, _PATIENCE_S).topics[self._topic].partitions
        since_ms = round((time.time() - _BACK_S) * 1000)
        asked = [TopicPartition(self._topic, partition, since_ms) for partition in partitions]
        self._consumer.assign(self._consumer.offsets_for_times(asked, _PATIENCE_S))

    def _note(self, message: Message) -> None:
        partition, offset = message.partition(), message.offset()
        if (
            message.error() is not None
            or partition is None
            or offset is None
            or (partition, offset) in self._own
        ):
            return
        if len(self._waiting) < _MOST and self._dice.random() < _SHARE:
            self._waiting.append((time.monotonic() + self._dice.uniform(0.0, 2.0), message))

    def _write(self, now: float) -> int:
        due = [message for at, message in self._waiting if at <= now]
        self._waiting = [(at, message) for at, message in self._waiting if at > now]
        self._dice.shuffle(due)
        for message in due:
            value, key, headers = message.value(), message.key(), message.headers() or []
            partition = message.partition() or 0
            self._producer.produce(self._topic, value, key, partition, self._written, headers=headers)
        # What is written again must not be taken for a new record: it is known before it can be read.
        self._producer.flush(_PATIENCE_S)
        return len(due)

    def _written(self, error: object, message: Message) -> None:
        partition, offset = message.partition(), message.offset()
        if error is not None or partition is None or offset is None:
            self._failed.append(str(error))
        else:
            self._own.add((partition, offset))


def _again(name: str, topic: str) -> Cell:
    return Cell(
        name, "delivery", partial(repeat, topic=f"hanzo.twin.{topic}"), PROXIED, says=f"{topic}: {_SAYS}"
    )


CELLS: tuple[Cell, ...] = (
    Cell(
        "shuffle-readings",
        "delivery",
        shuffle,
        PROXIED,
        says="40 % of the readings come twice, or up to 0.2 s late after newer ones, for 6 s",
        on_the_way_in=True,
    ),
    _again("repeat-control-commands", "control.commands"),
    _again("repeat-sim-commands", "sim.commands"),
    _again("repeat-predictions", "sim.predictions"),
)
