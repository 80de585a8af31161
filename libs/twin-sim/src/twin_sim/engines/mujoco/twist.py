"""Velocity of a free body in the world frame; MuJoCo keeps the angular part in the body's own."""

from collections.abc import Sequence

from twin_sim.engines.mujoco.layout import BodyPlace
from twin_sim.engines.mujoco.memory import Memory
from twin_sim.scene.spatial import Quat, conjugate, rotate

TWIST_SIZE = 6


def read_twist(memory: Memory, body: BodyPlace) -> list[float]:
    """Linear (m/s) and angular velocity (rad/s) of the body's origin."""
    at = body.dof
    x, y, z, a, b, c = memory.qvel[at : at + TWIST_SIZE].tolist()
    return [x, y, z, *rotate(_rotation(memory, body), (a, b, c))]


def write_twist(memory: Memory, body: BodyPlace, values: Sequence[float]) -> None:
    """Set it; the body's rotation must be set before."""
    at = body.dof
    spin = rotate(conjugate(_rotation(memory, body)), (values[3], values[4], values[5]))
    memory.qvel[at : at + TWIST_SIZE] = (*values[:3], *spin)


def _rotation(memory: Memory, body: BodyPlace) -> Quat:
    w, x, y, z = memory.qpos[body.position + 3 : body.position + 7].tolist()
    return (w, x, y, z)
