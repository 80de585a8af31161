"""What a deleted twin leaves behind here: nothing."""

import uuid

from twin_common import metrics_table as m

TWIN = str(uuid.UUID(int=7))


async def test_a_deleted_twins_report_and_series_go(world, until):
    async with world.engine() as service:
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec)
        await until(lambda: world.status(TWIN))

        async def measured():
            return service.metrics.value(m.SYNC_FRAMES, twin="pendulum", kind="regular")

        await until(measured)
        await world.forget(TWIN)

        async def gone():
            return await world.last_value("twin.status") is None

        async def forgotten():
            return b'twin="pendulum"' not in service.metrics.text()

        await until(gone)
        await until(forgotten)


async def test_a_twin_deleted_while_nobody_looked_has_no_report_left(world, until):
    async with world.engine():
        await world.specify(world.definition(), twin=TWIN)
        await until(lambda: world.status(TWIN))
    await world.forget(TWIN)
    async with world.engine():

        async def gone():
            return await world.last_value("twin.status") is None

        await until(gone)
