"""Joints: their frames, limits, and what our own attributes add."""

import math

from pxr import Usd, UsdPhysics

from twin_sim.errors import SceneError
from twin_sim.scene.model import Joint, JointKind
from twin_sim.scene.spatial import ORIGIN, Pose, Vec3, dot, norm, tilt, twist_angle
from twin_sim.scene.usd.attributes import (
    choice,
    finite,
    is_authored,
    non_negative,
    number,
    quaternion,
    vector,
)
from twin_sim.scene.usd.context import Reading, enclosing_body
from twin_sim.scene.usd.drives import read_drive

_AXES: dict[str, Vec3] = {"X": (1.0, 0.0, 0.0), "Y": (0.0, 1.0, 0.0), "Z": (0.0, 0.0, 1.0)}
_KINDS = {
    "PhysicsFixedJoint": JointKind.FIXED,
    "PhysicsRevoluteJoint": JointKind.REVOLUTE,
    "PhysicsPrismaticJoint": JointKind.PRISMATIC,
}
_SNAP = 1e-6
"""rad or m: frames given in single precision are no nearer to each other."""
_APART = 1e-3


def read_joints(reading: Reading) -> tuple[Joint, ...]:
    """Every enabled joint, sorted by path.

    Raises:
        SceneError: a joint of a kind that can't be simulated, without bodies, or with impossible limits.
    """
    joints = [
        _joint(reading, prim)
        for prim in reading.prims
        if prim.IsA(UsdPhysics.Joint) and UsdPhysics.Joint(prim).GetJointEnabledAttr().Get()
    ]
    return tuple(sorted(joints, key=lambda joint: joint.path))


def _joint(reading: Reading, prim: Usd.Prim) -> Joint:
    path, kind = str(prim.GetPath()), _KINDS.get(str(prim.GetTypeName()))
    if kind is None:
        raise SceneError(
            path,
            f"joints of type {prim.GetTypeName()} can't be simulated",
            f"Use one of {', '.join(_KINDS)}.",
        )
    body0, frame0 = _side(reading, prim, 0)
    body1, frame1 = _side(reading, prim, 1)
    if body0 == body1:
        what = (
            f"it joins {body0} to itself" if body0 else "it joins the world to itself: neither side is a body"
        )
        raise SceneError(path, what, "Point physics:body0 or physics:body1 to another rigid body.")
    axis = _AXES["X" if kind is JointKind.FIXED else choice(prim, "physics:axis", "X", _AXES)]
    lower, upper = _limits(reading, prim, kind)
    fixed = kind is JointKind.FIXED
    return Joint(
        path=path,
        kind=kind,
        body0=body0,
        body1=body1,
        frame0=frame0,
        frame1=frame1,
        axis=axis,
        lower=lower,
        upper=upper,
        drive=None if fixed else read_drive(reading, prim, kind),
        friction=0.0 if fixed else non_negative(prim, "hanzo:joint:friction"),
        damping=0.0 if fixed else non_negative(prim, "hanzo:joint:damping"),
        armature=0.0 if fixed else non_negative(prim, "hanzo:joint:armature"),
        effort_offset=0.0 if fixed else finite(prim, "hanzo:joint:effortOffset"),
        position=_position(reading, prim, kind, axis, (body0, frame0), (body1, frame1), (lower, upper)),
        velocity=0.0 if fixed else finite(prim, "hanzo:joint:initialVelocity"),
        bodies_collide=bool(UsdPhysics.Joint(prim).GetCollisionEnabledAttr().Get()),
    )


def _side(reading: Reading, joint: Usd.Prim, side: int) -> tuple[str | None, Pose]:
    """The body on one side, None for the world, and the joint's frame in it."""
    name = f"physics:body{side}"
    targets = joint.GetRelationship(name).GetTargets() if joint.GetRelationship(name) else []
    point = vector(joint, f"physics:localPos{side}", ORIGIN)
    turn = quaternion(joint, f"physics:localRot{side}")
    frames = reading.frames
    if not targets:
        meters = frames.units.meters
        inside = Pose((point[0] * meters, point[1] * meters, point[2] * meters), turn)
        return None, frames.stage @ inside if frames.up_axis != "Z" else inside
    if len(targets) > 1:
        raise SceneError(str(joint.GetPath()), f"{name} has {len(targets)} targets", "Give it one.")
    prim = reading.stage.GetPrimAtPath(targets[0])
    if not prim or not prim.IsActive():
        raise SceneError(
            str(joint.GetPath()),
            f"{name} points to {targets[0]}, which isn't there",
            f"Correct {name} or remove it.",
        )
    inside = Pose(frames.local(prim, point), turn)
    body = enclosing_body(prim)
    if body is None:
        return None, frames.pose(prim) @ inside
    if body == prim:
        return str(body.GetPath()), inside
    return str(body.GetPath()), frames.pose(body).inverse() @ frames.pose(prim) @ inside


def _limits(reading: Reading, prim: Usd.Prim, kind: JointKind) -> tuple[float | None, float | None]:
    if kind is JointKind.FIXED:
        return None, None
    path = str(prim.GetPath())
    low, high = number(prim, "physics:lowerLimit", -math.inf), number(prim, "physics:upperLimit", math.inf)
    unit = "deg" if kind is JointKind.REVOLUTE else "stage units"
    if low > high:
        raise SceneError(
            path,
            f"lower limit {low:g} {unit} is above upper limit {high:g} {unit}",
            "Swap physics:lowerLimit and physics:upperLimit, or remove them for a joint without limits.",
        )
    if low == high:
        raise SceneError(path, f"both limits are {low:g} {unit}: it can't move", "Use a PhysicsFixedJoint.")
    factor = math.pi / 180 if kind is JointKind.REVOLUTE else reading.frames.units.meters
    return (None if math.isinf(low) else low * factor, None if math.isinf(high) else high * factor)


def _position(
    reading: Reading,
    prim: Usd.Prim,
    kind: JointKind,
    axis: Vec3,
    side0: tuple[str | None, Pose],
    side1: tuple[str | None, Pose],
    limits: tuple[float | None, float | None],
) -> float:
    """Where the joint stands at the start: as our attribute says, else as its bodies stand."""
    here = _world(reading, *side0).inverse() @ _world(reading, *side1)
    along = dot(here.position, axis)
    if kind is JointKind.PRISMATIC:
        position, rest = along, norm(here.position) ** 2 - along**2
        off, turned = math.sqrt(max(rest, 0.0)), 2 * math.acos(min(1.0, abs(here.orientation[0])))
    elif kind is JointKind.REVOLUTE:
        position, off, turned = (
            twist_angle(here.orientation, axis),
            norm(here.position),
            tilt(here.orientation, axis),
        )
    else:
        position, off, turned = 0.0, norm(here.position), 2 * math.acos(min(1.0, abs(here.orientation[0])))
    if off > _APART or turned > _APART:
        reading.warn(
            prim,
            "frames_apart",
            f"its two frames are {off:.3g} m and {turned:.3g} rad apart; the body is moved onto its joint",
        )
    if kind is not JointKind.FIXED and is_authored(prim, "hanzo:joint:initialPosition"):
        position = finite(prim, "hanzo:joint:initialPosition")
    elif abs(position) < _SNAP:
        position = 0.0
    lower, upper = limits
    if (lower is not None and position < lower - _SNAP) or (upper is not None and position > upper + _SNAP):
        reading.warn(prim, "starts_outside_limits", f"it starts at {position:.6g}, outside its limits")
    return position


def _world(reading: Reading, body: str | None, frame: Pose) -> Pose:
    return frame if body is None else reading.frames.pose(reading.stage.GetPrimAtPath(body)) @ frame
