"""What MuJoCo needn't look for: nobody can tell from the bits that it doesn't."""

import copy

import mujoco
import numpy as np
import pytest
from scene_files import scene

from twin_sim.engines.api import EngineConfig
from twin_sim.engines.mujoco.memory import STATE
from twin_sim.engines.mujoco.spec import compile_scene
from twin_sim.engines.mujoco.thrift import spare
from twin_sim.scene import read_stage

CONTACT, ISLAND = int(mujoco.mjtDisableBit.mjDSBL_CONTACT), int(mujoco.mjtDisableBit.mjDSBL_ISLAND)
SPARED = CONTACT | ISLAND
TWO_BOXES = (
    'def Plane "floor"',
    """def Xform "second" (prepend apiSchemas = ["PhysicsRigidBodyAPI"])
    {
        double3 xformOp:translate = (0.03, 0.02, 0.4)
        uniform token[] xformOpOrder = ["xformOp:translate"]
        def Sphere "shape" (prepend apiSchemas = ["PhysicsCollisionAPI", "PhysicsMassAPI"])
        {
            double radius = 0.1
            float physics:density = 700
        }
    }
    def Plane "floor\"""",
)


def compiled(source: bytes) -> mujoco.MjModel:
    stage = read_stage(source)
    return compile_scene(stage, stage.gravity, EngineConfig().solver_iterations, 1 / 240)


def run(model: mujoco.MjModel) -> bytes:
    """States of a second under pushes that change, to the last bit."""
    data, dice, said = mujoco.MjData(model), np.random.default_rng(3), []
    out = np.empty(mujoco.mj_stateSize(model, STATE))
    for step in range(240):
        if step % 40 == 0:
            data.qfrc_applied[:] = dice.normal(0, 0.3, model.nv)
        mujoco.mj_step(model, data)
        mujoco.mj_getState(model, data, out, STATE)
        said.append(out.tobytes())
    return b"".join(said)


@pytest.mark.parametrize(
    ("name", "spared"),
    [
        ("pendulum", SPARED),
        ("two_joint_arm", SPARED),
        ("cart", SPARED),
        ("box_drop", SPARED),
        ("box_on_plane", ISLAND),
    ],
)
def test_a_search_that_can_find_nothing_is_left_out_and_no_bit_changes(name: str, spared: int) -> None:
    model = compiled(scene(name))
    assert model.opt.disableflags & SPARED == spared
    thorough = copy.copy(model)
    thorough.opt.disableflags &= ~SPARED
    assert run(model) == run(thorough)


def test_boxes_that_may_meet_are_searched_for_contacts_and_islands() -> None:
    assert compiled(scene("box_on_plane", TWO_BOXES)).opt.disableflags & SPARED == 0


def test_leaving_out_contacts_where_something_touches_would_show() -> None:
    model = compiled(scene("box_on_plane"))
    careless = copy.copy(model)
    careless.opt.disableflags |= CONTACT
    assert run(model) != run(careless)


def test_a_pair_that_collides_across_a_joint_is_searched_for() -> None:
    arm = compiled(scene("two_joint_arm"))
    arm.exclude_signature[:] = 0
    arm.opt.disableflags &= ~SPARED
    spare(arm)
    assert arm.opt.disableflags & SPARED == ISLAND
