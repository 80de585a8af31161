"""Brokers that don't answer for a while: the worker goes on from its checkpoints as soon as they do."""

from sim_worker_support.world import until

from twin_common import metrics_table as table
from twin_common.errors import BrokerUnreachable
from twin_schemas.records import SimPhase


def failing_once(owner, name):
    """Have an asynchronous method raise at its next call; returns the calls that failed."""
    method, failed = getattr(owner, name), []

    async def unreachable(*args, **options):
        setattr(owner, name, method)
        failed.append(args)
        raise BrokerUnreachable("no broker answers at 127.0.0.1:1")

    setattr(owner, name, unreachable)
    return failed


async def happened(failed):
    async def there():
        return bool(failed)

    await until(there)


def rejoins(world):
    return world.metrics.value(table.WORKER_EVENTS, event="rejoins")


async def test_a_worker_that_finds_no_broker_when_it_joins_tries_again(world):
    failed = failing_once(world.bus, "consumer")
    await world.work()
    await happened(failed)
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(3))
    assert rejoins(world) == 1


async def test_a_worker_that_cannot_read_the_specs_when_it_starts_tries_again(world):
    worker = await world.work()
    await happened(failing_once(worker._follower, "catch_up"))
    spec, _ = await world.started()
    await world.reached(spec, SimPhase.RUNNING)


async def test_a_commit_that_reaches_no_broker_costs_a_rejoin_and_no_prediction(world):
    worker = await world.work()
    spec, journal = await world.started()
    await world.covered(spec, await journal.frames(3))
    failed = failing_once(worker.partitions, "commit")
    await happened(failed)
    await world.folded(spec, await journal.frames(3))
    assert {p.tick for p in await world.predictions(spec)} == set(range(6))
    assert rejoins(world) == 1


async def test_specs_are_followed_again_after_an_outage(world):
    worker = await world.work()
    await happened(failing_once(worker._follower, "follow"))
    await until(lambda: holds(worker, 2))
    spec, _ = await world.started("other", 2)
    await world.reached(spec, SimPhase.RUNNING)


async def holds(worker, partition):
    held = worker.partitions.held.get(partition)
    return held is not None and held.caught_up
