"""Gravity, from the stage's PhysicsScene."""

import math

from pxr import UsdPhysics

from twin_sim.scene.spatial import ORIGIN, Vec3, norm, scaled
from twin_sim.scene.usd.attributes import number, vector
from twin_sim.scene.usd.context import Reading

EARTH = 9.81
"""m/s^2, where the scene doesn't say."""


def read_gravity(reading: Reading) -> tuple[Vec3, str | None]:
    """Gravity in m/s^2, Z up, and the path of the PhysicsScene; the first one counts."""
    scenes = [prim for prim in reading.prims if prim.IsA(UsdPhysics.Scene)]
    for extra in scenes[1:]:
        reading.warn(extra, "second_scene", f"only the first PhysicsScene counts: {scenes[0].GetPath()}")
    if not scenes:
        return (0.0, 0.0, -EARTH), None
    prim = scenes[0]
    magnitude = number(prim, "physics:gravityMagnitude", -math.inf)
    # USD: a negative magnitude asks for the earth's, a zero direction for "down"
    size = magnitude * reading.frames.units.meters if magnitude >= 0 else EARTH
    direction = vector(prim, "physics:gravityDirection", ORIGIN)
    length = norm(direction)
    down: Vec3 = (0.0, 0.0, -1.0)
    if length > 0:
        down = reading.frames.direction(scaled(direction, 1 / length))
    return scaled(down, size), str(prim.GetPath())
