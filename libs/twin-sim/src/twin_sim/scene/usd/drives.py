"""Drives: UsdPhysics gives angular ones per degree."""

import math

from pxr import Usd, UsdPhysics

from twin_sim.scene.model import Drive, JointKind
from twin_sim.scene.usd.attributes import finite, non_negative, number
from twin_sim.scene.usd.context import Reading

DEGREES_PER_RADIAN = 180 / math.pi


def read_drive(reading: Reading, prim: Usd.Prim, kind: JointKind) -> Drive | None:
    """The drive along the joint's own freedom; None: it has none that can be simulated.

    Raises:
        SceneError: a negative stiffness, damping or force.
    """
    angular = kind is JointKind.REVOLUTE
    name = "angular" if angular else "linear"
    if not prim.HasAPI(UsdPhysics.DriveAPI, name):
        return None
    prefix = f"drive:{name}:physics:"
    if prim.GetAttribute(prefix + "type").Get() == UsdPhysics.Tokens.acceleration:
        reading.warn(prim, "acceleration_drive", "drives of type acceleration are left out; use type force")
        return None
    units = reading.frames.units
    effort = units.kilograms * (units.meters**2 if angular else units.meters)
    # per degree in USD: a spring of k N m/deg has k 180/pi N m/rad
    gain = units.kilograms * (units.meters**2 * DEGREES_PER_RADIAN if angular else 1.0)
    target = 1 / DEGREES_PER_RADIAN if angular else units.meters
    bound = number(prim, prefix + "maxForce", math.inf)
    if not math.isinf(bound) or bound < 0:
        bound = non_negative(prim, prefix + "maxForce")
    return Drive(
        stiffness=non_negative(prim, prefix + "stiffness") * gain,
        damping=non_negative(prim, prefix + "damping") * gain,
        max_force=None if math.isinf(bound) else bound * effort,
        target_position=finite(prim, prefix + "targetPosition") * target,
        target_velocity=finite(prim, prefix + "targetVelocity") * target,
    )
