"""Rigid bodies: where they start and what they weigh."""

import math
from collections.abc import Iterable, Mapping

from pxr import Usd

from twin_sim.errors import SceneError
from twin_sim.scene.mass import MassProperties, Part, combined
from twin_sim.scene.model import Body, Collider
from twin_sim.scene.shapes import Plane
from twin_sim.scene.spatial import ORIGIN, Vec3, scaled
from twin_sim.scene.usd.attributes import components, finite, non_negative, quaternion, vector
from twin_sim.scene.usd.context import Reading, moves

_WATER = 1000.0
"""kg/m^3, what UsdPhysics assumes when nothing is given."""


def read_bodies(
    reading: Reading, colliders: Iterable[Collider], densities: Mapping[str, float]
) -> tuple[Body, ...]:
    """Every rigid body that moves, sorted by path.

    Args:
        reading: the stage.
        colliders: of all bodies.
        densities: by material path, kg/m^3.

    Raises:
        SceneError: one has no mass and no shape, no inertia, or a mass or inertia that can't be.
    """
    shapes: dict[str | None, list[Collider]] = {}
    for collider in colliders:
        shapes.setdefault(collider.body, []).append(collider)
    bodies = [
        _body(reading, prim, shapes.get(str(prim.GetPath()), []), densities)
        for prim in reading.prims
        if moves(prim)
    ]
    return tuple(sorted(bodies, key=lambda body: body.path))


def _body(reading: Reading, prim: Usd.Prim, shapes: list[Collider], densities: Mapping[str, float]) -> Body:
    frames = reading.frames
    mass = _mass(reading, prim, shapes, densities)
    turn = math.pi / 180
    pose = frames.pose(prim)
    return Body(
        path=str(prim.GetPath()),
        pose=pose,
        mass=mass.mass,
        center_of_mass=mass.center,
        inertia=mass.inertia,
        inertia_axes=mass.axes,
        velocity=frames.direction(scaled(vector(prim, "physics:velocity", ORIGIN), frames.units.meters)),
        angular_velocity=frames.direction(scaled(vector(prim, "physics:angularVelocity", ORIGIN), turn)),
    )


def _mass(
    reading: Reading, prim: Usd.Prim, shapes: list[Collider], densities: Mapping[str, float]
) -> MassProperties:
    """Given values win over those computed from shapes, as MassAPI says."""
    path = str(prim.GetPath())
    parts = _parts(reading, prim, shapes, densities)
    mass = _given_mass(reading, prim) or sum(part.mass for part in parts)
    if mass <= 0:
        raise SceneError(path, "it has no mass and no shape", "Set physics:mass, or give it a collider.")
    computed = combined(parts, mass) if parts else None
    center = _center(reading, prim)
    if center is None:
        center = computed.center if computed else ORIGIN
    given = _given_inertia(reading, prim)
    if given is not None:
        return MassProperties(mass, center, given, quaternion(prim, "physics:principalAxes"))
    if computed is None:
        raise SceneError(
            path,
            "it has a mass but no inertia and no shape",
            "Set physics:diagonalInertia, or give it a collider.",
        )
    return MassProperties(mass, center, computed.inertia, computed.axes)


def _given_mass(reading: Reading, prim: Usd.Prim) -> float:
    mass = finite(prim, "physics:mass")
    if mass < 0:
        raise SceneError(str(prim.GetPath()), f"mass is negative: {mass:g}", "Set a positive physics:mass.")
    return mass * reading.frames.units.kilograms


def _center(reading: Reading, prim: Usd.Prim) -> Vec3 | None:
    center = components(prim, "physics:centerOfMass")
    if center is None or not all(math.isfinite(part) for part in center):
        return None
    return reading.frames.local(prim, center)


def _given_inertia(reading: Reading, prim: Usd.Prim) -> Vec3 | None:
    inertia = vector(prim, "physics:diagonalInertia", ORIGIN)
    if not any(inertia):
        return None
    path = str(prim.GetPath())
    low, middle, high = sorted(inertia)
    if low <= 0:
        raise SceneError(
            path, f"inertia {inertia} isn't positive", "Set three positive physics:diagonalInertia."
        )
    if low + middle < high * (1 - 1e-6):
        raise SceneError(
            path,
            f"inertia {inertia} is impossible: no solid has one moment above the sum of the other two",
            "Correct physics:diagonalInertia, or remove it to have it computed from the colliders.",
        )
    units = reading.frames.units
    return scaled(inertia, units.kilograms * units.meters**2)


def _parts(
    reading: Reading, prim: Usd.Prim, shapes: list[Collider], densities: Mapping[str, float]
) -> list[Part]:
    units = reading.frames.units
    per_volume = units.kilograms / units.meters**3
    of_body = non_negative(prim, "physics:density") * per_volume
    parts = []
    for collider in shapes:
        if isinstance(collider.shape, Plane):
            continue
        own = reading.stage.GetPrimAtPath(collider.path)
        mass = 0.0
        density = of_body
        if own != prim:
            mass = _given_mass(reading, own)
            density = non_negative(own, "physics:density") * per_volume or of_body
        density = density or densities.get(collider.material or "", _WATER)
        parts.append(Part(mass or density * collider.shape.volume, collider.pose, collider.shape))
    return parts
