"""Kafka stands still under load: frames wait, ticks become gaps that say so, and every reading is accounted for."""

import asyncio
import signal
import uuid
from collections.abc import Iterator
from itertools import pairwise

import pytest

from twin_common.bus.kafka.bus import KafkaBus
from twin_schemas.records import ObservationFrame, TimeDiscontinuity

TWINS = {str(uuid.UUID(int=7000 + number)): f"cell-{number}" for number in range(8)}
HZ = 60


class Books:
    """What was said to each twin, and where it went."""

    def __init__(self, world, service) -> None:
        self.world, self.service = world, service
        self.said = dict.fromkeys(TWINS, 0)

    def counts(self, twin: str):
        return self.held()[twin]

    def held(self):
        return {h.session.spec.twin: h.session.tally.counts for h in self.service.partitions.all_twins()}

    async def say(self, device, seconds: float) -> None:
        """Number the readings of every twin, at the tick rate."""
        for _ in range(round(seconds * HZ)):
            for twin, name in TWINS.items():
                device.say(f"plant/{name}/plain", float(self.said[twin]))
                self.said[twin] += 1
            await asyncio.sleep(1 / HZ)

    async def heard(self) -> bool:
        return {twin: counts["readings"] for twin, counts in self.held().items()} == self.said

    async def framed(self, twin: str) -> list[float]:
        return [reading.values[0] for frame in await self.world.frames(twin) for reading in frame.readings]

    async def missing(self, twin: str) -> int:
        """Readings accepted, neither in a frame nor counted as dropped or discarded."""
        counts = self.counts(twin)
        return counts["readings"] - counts["dropped"] - counts["discarded"] - len(await self.framed(twin))

    async def settled(self) -> bool:
        if self.held().keys() != TWINS.keys():  # a partition is being taken over again
            return False
        return not any([await self.missing(twin) for twin in TWINS])


def ticks_of(records) -> list[int]:
    ticks: list[int] = []
    for record in records:
        if isinstance(record, ObservationFrame):
            ticks.append(record.tick)
        elif isinstance(record, TimeDiscontinuity):
            ticks += range(record.first_tick, record.last_tick + 1)
    return ticks


async def begin(world, until, **sync) -> None:
    for twin, name in TWINS.items():
        spec = await world.specify(world.definition(name, rate_hz=HZ, **sync), twin=twin)
        await world.incarnate(spec)

    async def all_run():
        return all([await world.frames(twin) for twin in TWINS])

    await until(all_run, within=60)


@pytest.fixture
def kafka_of_its_own(tmp_path) -> Iterator:
    from hanzo_twin.stack import EmbeddedStack  # it is a package above this one

    with EmbeddedStack(tmp_path / "stack", parts=("kafka",)) as stack:
        yield stack


@pytest.fixture
async def frozen_world(kafka_of_its_own, mosquitto, world_on):
    bus = KafkaBus(kafka_of_its_own.connection.settings({}).stream, client_id="test")
    async with world_on(bus, mosquitto.url, "frozen") as one:
        yield one


@pytest.mark.timeout(300)  # with the start of a broker of its own, on a busy machine
async def test_a_broker_that_stands_still_for_ten_seconds_loses_no_reading_uncounted_and_no_tick(
    frozen_world, kafka_of_its_own, device, until
):
    async with frozen_world.engine() as service:
        await begin(frozen_world, until, buffer_size=20)
        books = Books(frozen_world, service)
        await books.say(device, 1)
        kafka_of_its_own.signal("kafka", signal.SIGSTOP)
        try:
            await books.say(device, 10)
        finally:
            kafka_of_its_own.signal("kafka", signal.SIGCONT)
        await books.say(device, 2)
        await until(books.heard, within=60)
        await until(books.settled, within=60)
        dropped = {twin: books.counts(twin)["dropped"] for twin in TWINS}
        assert all(dropped.values())  # more waited than frames and buffers hold: else this shows little
        for twin in TWINS:
            values = await books.framed(twin)
            assert len(set(values)) == len(values) == books.said[twin] - dropped[twin]
            ticks = ticks_of(await frozen_world.effective(twin))
            assert all(after == before + 1 for before, after in pairwise(ticks))
