"""MuJoCo's own stop-watches stand still, and steps don't know."""

import mujoco
import numpy as np

from twin_sim.engines.mujoco.timers import stop_timers

PENDULUM = """<mujoco><worldbody><body><joint type="hinge" axis="0 1 0"/>
<geom type="capsule" size=".02" fromto="0 0 0 0 0 -1"/></body></worldbody></mujoco>"""


def swung(steps=300):
    model = mujoco.MjModel.from_xml_string(PENDULUM)
    data = mujoco.MjData(model)
    data.qpos[0] = 1.0
    mujoco.mj_step(model, data, steps)
    return data


def test_a_step_asks_for_no_time_and_has_the_same_result():
    before = swung()
    assert stop_timers()
    after = swung()
    assert all(timer.duration == 0 for timer in after.timer)
    assert np.array_equal(before.qpos, after.qpos)
    assert np.array_equal(before.qvel, after.qvel)
