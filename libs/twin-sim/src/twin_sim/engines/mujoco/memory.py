"""The memory of one simulation: an mjData and its arrays, and how inputs act in it."""

import mujoco
import numpy as np
from numpy.typing import NDArray

from twin_sim.engines.mujoco.layout import JointPlace, Layout
from twin_sim.engines.mujoco.spec import USER_BLOCKS

STATE = int(mujoco.mjtState.mjSTATE_INTEGRATION)
"""All that the next step depends on beside the model; less diverges after a restore."""

Array = NDArray[np.float64]


class Memory:
    """An mjData with its arrays at hand; looking them up costs more than reading them.

    Inputs are kept in `userdata`, which belongs to the state: measured and commanded effort, and the drive's
    targets. What the engine reads, `qfrc_applied` and `ctrl`, follows from them and the model's parameters. So a
    state holds no parameters, and one that is loaded under others acts as they say.
    """

    __slots__ = ("_driven", "data", "joints", "qacc", "qpos", "qvel", "user", "xpos", "xquat")

    def __init__(self, model: mujoco.MjModel, layout: Layout) -> None:
        """Allocate; the state is MuJoCo's default."""
        self.data = mujoco.MjData(model)
        self.joints = list(layout.joints.values())
        self.qpos: Array = self.data.qpos
        self.qvel: Array = self.data.qvel
        self.qacc: Array = self.data.qacc_warmstart  # the last step's, and part of the state
        self.xpos: Array = self.data.xpos
        self.xquat: Array = self.data.xquat
        self.user: Array = self.data.userdata
        self._driven = (self.data.qfrc_applied, self.data.ctrl)

    def apply(self, joint: JointPlace) -> None:
        """Let one joint's inputs act; to the last bit as `apply_all` does."""
        user, count = self.user, len(self.joints)
        forces, controls = self._driven
        at = joint.index
        forces[joint.dof] = user.item(at) + user.item(count + at) + joint.offset
        if joint.actuator >= 0:
            position, velocity = user.item(2 * count + at), user.item(3 * count + at)
            controls[joint.actuator] = joint.stiffness * position + joint.damping * velocity

    def apply_all(self) -> None:
        """Let every joint's inputs act."""
        user, count = self.user.tolist(), len(self.joints)
        forces, controls = self._driven
        for at, joint in enumerate(self.joints):
            forces[joint.dof] = user[at] + user[count + at] + joint.offset
            if joint.actuator >= 0:
                pull = joint.stiffness * user[2 * count + at] + joint.damping * user[3 * count + at]
                controls[joint.actuator] = pull

    def set_input(self, joint: JointPlace, block: int, value: float) -> None:
        """Hold an input and let it act.

        Args:
            joint: whose.
            block: 0 measured effort, 1 commanded effort, 2 target position, 3 target velocity.
            value: SI.
        """
        assert block < USER_BLOCKS
        self.user[block * len(self.joints) + joint.index] = value
        self.apply(joint)

    def effort(self, joint: JointPlace) -> float:
        """What the joint's motor exerts now: measured and commanded effort, and what its drive adds."""
        user, count = self.user, len(self.joints)
        at = joint.index
        held = user.item(at) + user.item(count + at)
        if joint.actuator < 0:
            return held
        position, velocity = self.qpos.item(joint.position), self.qvel.item(joint.dof)
        pull = joint.stiffness * (user.item(2 * count + at) - position)
        pull += joint.damping * (user.item(3 * count + at) - velocity)
        return held + max(-joint.max_force, min(joint.max_force, pull))

    def healthy(self) -> bool:
        """False when a number isn't finite, or larger than MuJoCo thinks possible (1e10)."""
        squares = self.qpos.dot(self.qpos) + self.qvel.dot(self.qvel) + self.qacc.dot(self.qacc)
        return bool(squares < 1e20)  # false for NaN, too
