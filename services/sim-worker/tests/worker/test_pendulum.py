from sim_worker_support.pendulum import SCENE, pendulum
from sim_worker_support.world import until

from sim_worker.adapters.workshop import EngineWorkshop
from twin_schemas import codec
from twin_schemas.records import HorizonFrame, HorizonResidual, SimPhase


async def test_a_pendulum_on_mujoco_starts_predicts_and_forecasts(world):
    world.workshop = EngineWorkshop(world.blobs, frozenset({"mujoco"}), world.crumbs, 3)
    await world.work()
    scene = await world.blobs.put(SCENE.read_bytes())
    spec, journal = await world.started("pendulum", written=pendulum("pendulum"), scene_digest=scene)
    for tick in range(40):
        await journal.frame([(0, 0.1), (1, 0.0), (2, 0.01 * tick)])
        if tick % 10 == 9:
            await world.folded(spec, await journal.frame())

    async def reported():
        status = await world.reached(spec, SimPhase.RUNNING)
        return status.incarnation == 1 and status.tick >= 9

    await until(reported)

    async def both():
        records = await world.read(world.topics.horizons, spec.partition)
        kinds = {type(codec.decode(record.value)) for record in records}
        return kinds == {HorizonFrame, HorizonResidual}

    await until(both)
    assert {lane for lane, _ in world.crumbs.marked} == {"fold", "forecast-0", "build"}
    world.workshop.close()
