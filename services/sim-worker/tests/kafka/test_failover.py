import asyncio
import math
import signal
import time
from dataclasses import replace

from sim_worker_support.pendulum import pendulum
from sim_worker_support.world import PARTITIONS, until

from twin_schemas.records import SimPhase

TWINS = 8
RATE = 40


class Plants:
    """So many pendulums at so many ticks a second, whatever happens to the workers."""

    def __init__(self, world):
        self.world = world
        self.twins = []

    async def begin(self):
        for index in range(TWINS):
            name = f"pendulum-{index}"
            spec = await self.world.specify(
                name, index % PARTITIONS, written=pendulum(name, rate_hz=RATE), scene_digest=self.world.scene
            )
            self.twins.append((spec, self.world.journal(spec)))
        for _, journal in self.twins:
            journal.grid = replace(journal.grid, rate_num=RATE)
            await until(journal.grant, 30)

    async def swing(self, seconds):
        """Write frames at their pace."""
        began = time.monotonic()
        for tick in range(int(seconds * RATE)):
            angle = 0.3 * math.sin(5.0 * tick / RATE)
            for _, journal in self.twins:
                await journal.post_frame([(0, angle), (2, 0.01 * (tick % 5))])
            await asyncio.sleep(max(0.0, began + (tick + 1) / RATE - time.monotonic()))
        await self.world.producer.flush()

    async def folded(self):
        for spec, journal in self.twins:

            async def there(spec=spec, journal=journal):
                predictions = await self.world.predictions(spec)
                return predictions and max(p.tick for p in predictions) == journal.tick

            await until(there, 40)

    async def assert_every_tick_once_or_equal(self):
        for spec, journal in self.twins:
            by_offset = {}
            for prediction in await self.world.predictions(spec):
                assert by_offset.setdefault(prediction.offset, prediction) == prediction
            assert sorted(p.tick for p in by_offset.values()) == list(range(journal.tick + 1))


async def test_a_killed_workers_twins_move_without_a_missing_tick(kafka_world, processes):
    plants = Plants(kafka_world)
    for name in ("w1", "w2"):
        await processes.start(name)
    await plants.begin()
    swinging = asyncio.create_task(plants.swing(7))
    await asyncio.sleep(2)
    await processes.kill("w1")
    await swinging
    await plants.folded()
    await plants.assert_every_tick_once_or_equal()
    for spec, _ in plants.twins:
        assert (await kafka_world.reached(spec, SimPhase.RUNNING)).worker == "w2"
    assert await processes.stop("w2") == 0


async def test_a_paused_worker_says_nothing_wrong_when_it_goes_on(kafka_world, processes):
    plants = Plants(kafka_world)
    for name in ("w1", "w2"):
        await processes.start(name)
    await plants.begin()
    swinging = asyncio.create_task(plants.swing(9))
    await asyncio.sleep(3)
    processes.signal("w1", signal.SIGSTOP)
    await asyncio.sleep(3.5)
    processes.signal("w1", signal.SIGCONT)
    await swinging
    await plants.folded()
    await plants.assert_every_tick_once_or_equal()
    for spec, journal in plants.twins:
        status = await kafka_world.reached(spec, SimPhase.RUNNING)
        assert status.counts["undecodable"] == 0 and status.tick <= journal.tick
    assert "joining again" in processes.log("w1")
