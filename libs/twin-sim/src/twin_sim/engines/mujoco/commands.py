"""Joint commands: which targets a model can follow, and what they set."""

import math

from twin_sim.engines.api import JointCommand, JointMode, JointTarget
from twin_sim.engines.mujoco.layout import JointPlace, Layout
from twin_sim.engines.mujoco.memory import Memory
from twin_sim.errors import JointCommandError, UnknownJoint

_BLOCK = {JointMode.EFFORT: 1, JointMode.POSITION: 2, JointMode.VELOCITY: 3}


def resolved(layout: Layout, articulation: str, command: JointCommand) -> list[tuple[JointPlace, int, float]]:
    """Joint, block of inputs and value of every target; nothing is set yet.

    Raises:
        UnknownJoint: no such articulation or joint.
        JointCommandError: a joint has no drive for a target, or a value isn't finite.
    """
    root = articulation.rstrip("/")
    if not any(path == root or path.startswith(root + "/") for path in (*layout.joints, *layout.bodies)):
        raise UnknownJoint(
            f"no articulation at {articulation}: neither a joint nor a body is there or below it"
        )
    return [_resolved(layout, root, target) for target in command.targets]


def held(memory: Memory) -> tuple[JointTarget, ...]:
    """The targets that every joint can follow, with their present values."""
    count = len(memory.joints)
    return tuple(
        JointTarget(joint.path, mode, memory.user.item(block * count + joint.index))
        for joint in memory.joints
        for mode, block in _BLOCK.items()
        if _follows(joint, mode)
    )


def _follows(joint: JointPlace, mode: JointMode) -> bool:
    return {JointMode.POSITION: joint.stiffness > 0, JointMode.VELOCITY: joint.damping > 0}.get(mode, True)


def _resolved(layout: Layout, root: str, target: JointTarget) -> tuple[JointPlace, int, float]:
    joint = layout.joint(target.joint if target.joint.startswith("/") else f"{root}/{target.joint}")
    if not math.isfinite(target.value):
        raise JointCommandError(f"{joint.path}: {target.mode} target is {target.value}, not a finite number")
    if target.mode is JointMode.POSITION and not _follows(joint, JointMode.POSITION):
        raise JointCommandError(
            f"{joint.path} has no drive for positions; "
            "give it a PhysicsDriveAPI with a stiffness, or command its effort"
        )
    if target.mode is JointMode.VELOCITY and not _follows(joint, JointMode.VELOCITY):
        raise JointCommandError(
            f"{joint.path} has no drive for velocities; "
            "give it a PhysicsDriveAPI with a damping, or command its effort"
        )
    return joint, _BLOCK[target.mode], target.value
