"""A worker process of another build takes a swinging pendulum over; the plant is an equation that imports nothing of
ours. After the upgrade nobody measures any more: where the twin goes on is what was carried.
"""

import math

from scipy.integrate import solve_ivp
from sim_worker_support.pendulum import pendulum
from sim_worker_support.world import until

from twin_schemas import codec
from twin_schemas.records import IncarnationBegan

RATE = 30
NEAR_RAD = 0.02
"""How near the first predictions of the new incarnation are to the plant; committed before the first run."""

NEXT = """
import importlib.util, pathlib, sys
import twin_sim
path = pathlib.Path(twin_sim.__file__).parent / "fold/config.py"
spec = importlib.util.spec_from_file_location("twin_sim.fold.config", path)
config = importlib.util.module_from_spec(spec)
spec.loader.exec_module(config)
config.FOLD_VERSION += 1
sys.modules["twin_sim.fold.config"] = config
from twin_sim.engines.mujoco import MujocoEngine
MujocoEngine.build = property(lambda self: "next")
{change}
from sim_worker.entrypoints.main import main
main()
"""
WITHOUT_VELOCITIES = """
import dataclasses
from twin_sim.fold import physics
whole = physics.take_over
def take_over(simulation, state):
    values = {path: v for path, v in state.values.items() if not path.endswith(".velocity")}
    whole(simulation, dataclasses.replace(state, values=values))
physics.take_over = take_over
"""


def swing(ticks):
    """Angle and velocity of the pendulum at each tick, released at 0.9 rad."""
    mass, length, radius, damping, friction = 0.5, 0.5, 0.04, 0.05, 0.01
    inertia = mass * (length**2 + 0.4 * radius**2)

    def moving(_, state):
        q, v = state
        return v, -(
            damping * v + friction * math.tanh(v / 0.01) + mass * 9.81 * length * math.sin(q)
        ) / inertia

    times = [tick / RATE for tick in range(ticks)]
    found = solve_ivp(moving, (0, times[-1]), (0.9, 0.0), t_eval=times, rtol=1e-9, atol=1e-9)
    return list(zip(*found.y, strict=True))


async def upgraded(world, processes, folder, change=""):
    """Replace the worker in the middle of a swing; angles predicted by the new build, and those of the plant."""
    program = folder / "next.py"
    program.write_text(NEXT.format(change=change))
    plant = swing(80)
    await processes.start("w1")
    spec = await world.specify("pendulum", 1, written=pendulum("pendulum"), scene_digest=world.scene)
    journal = world.journal(spec)
    await until(journal.grant, 60)
    await journal.frame([(0, plant[0][0]), (1, plant[0][1])])
    for angle, velocity in plant[1:48]:
        last = await journal.frame([(0, angle), (1, velocity)])
    await until(lambda: folded(world, spec, last), 60)
    assert await processes.stop("w1") == 0
    await processes.start("w2", (str(program),))
    await until(journal.grant, 60)
    for _ in range(5):
        last = await journal.frame()
    await until(lambda: folded(world, spec, last), 60)
    told = [frame for frame in await world.predictions(spec) if frame.incarnation == 2]
    assert [frame.tick for frame in told] == list(range(48, 53))
    return spec, [(frame.values[0], plant[frame.tick + 1][0]) for frame in told]


async def folded(world, spec, offset):
    return any(frame.offset >= offset for frame in await world.predictions(spec))


async def test_another_build_goes_on_near_the_plant_and_says_what_differs(kafka_world, processes, tmp_path):
    spec, angles = await upgraded(kafka_world, processes, tmp_path)
    assert all(abs(angle) > 0.1 for _, angle in angles), "the plant must not be where the scene begins"
    assert max(abs(said - is_) for said, is_ in angles) < NEAR_RAD
    events = [codec.decode(r.value) for r in await kafka_world.read(kafka_world.topics.events)]
    began = [event for event in events if isinstance(event, IncarnationBegan)][-1]
    assert (began.twin, began.incarnation, began.continuity) == (spec.twin, 2, "approximate")
    assert began.reason.startswith("new incarnation: engine build ")
    assert " → next, fold version " in began.reason


async def test_a_build_that_leaves_velocities_behind_is_found_out(kafka_world, processes, tmp_path):
    _, angles = await upgraded(kafka_world, processes, tmp_path, WITHOUT_VELOCITIES)
    assert max(abs(said - is_) for said, is_ in angles) > 3 * NEAR_RAD
