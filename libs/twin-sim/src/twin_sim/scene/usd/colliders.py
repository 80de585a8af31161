"""Colliders: the primitive shapes that carry CollisionAPI."""

import math

from pxr import Usd, UsdGeom, UsdPhysics, UsdShade

from twin_sim.errors import SceneError
from twin_sim.scene.model import Collider
from twin_sim.scene.shapes import Box, Capsule, Cylinder, Plane, Shape, Sphere
from twin_sim.scene.spatial import Pose, Quat, Vec3
from twin_sim.scene.usd.attributes import choice, number
from twin_sim.scene.usd.context import Reading, enclosing_body

_HALF = math.sqrt(0.5)
_Z_ALONG: dict[str, Quat] = {
    "Z": (1.0, 0.0, 0.0, 0.0),
    "X": (_HALF, 0.0, _HALF, 0.0),
    "Y": (_HALF, -_HALF, 0.0, 0.0),
}
_EVEN = 1e-6


def read_colliders(reading: Reading) -> tuple[Collider, ...]:
    """Every enabled collider, sorted by path; what has no primitive shape becomes a warning."""
    found = [_collider(reading, prim) for prim in reading.prims if _collides(prim)]
    return tuple(sorted((c for c in found if c is not None), key=lambda collider: collider.path))


def _collides(prim: Usd.Prim) -> bool:
    return prim.HasAPI(UsdPhysics.CollisionAPI) and bool(
        UsdPhysics.CollisionAPI(prim).GetCollisionEnabledAttr().Get()
    )


def _collider(reading: Reading, prim: Usd.Prim) -> Collider | None:
    shape = _shape(reading, prim)
    if shape is None:
        return None
    frames = reading.frames
    body = enclosing_body(prim)
    if body is not None and isinstance(shape, Plane):
        reading.warn(prim, "plane_on_body", "a plane can't move and is left out; use a Cube")
        return None
    if frames.is_sheared(prim):
        reading.warn(prim, "sheared", "its axes aren't at right angles; the shape is used without the shear")
    pose = frames.pose(prim)
    if body is not None:
        pose = frames.pose(body).inverse() @ pose if body != prim else Pose()
    if not isinstance(shape, Box | Sphere):
        pose = pose @ Pose(orientation=_Z_ALONG[choice(prim, "axis", "Z", _Z_ALONG)])
    path = None if body is None else str(body.GetPath())
    return Collider(str(prim.GetPath()), path, pose, shape, _material(prim))


def _shape(reading: Reading, prim: Usd.Prim) -> Shape | None:
    scale = reading.frames.scale(prim)
    meters = reading.frames.units.meters
    size: Vec3 = (abs(scale[0]) * meters, abs(scale[1]) * meters, abs(scale[2]) * meters)
    if prim.IsA(UsdGeom.Cube):
        half = _length(prim, "size", 2.0) / 2
        return Box((half * size[0], half * size[1], half * size[2]))
    if prim.IsA(UsdGeom.Sphere):
        return Sphere(_length(prim, "radius", 1.0) * _across(reading, prim, size))
    if prim.IsA(UsdGeom.Plane):
        return Plane()
    if prim.IsA(UsdGeom.Capsule) or prim.IsA(UsdGeom.Cylinder):
        along = "XYZ".index(choice(prim, "axis", "Z", _Z_ALONG))
        across = tuple(size[k] for k in range(3) if k != along)
        radius = _length(prim, "radius", 1.0) * _across(reading, prim, across)
        half = _length(prim, "height", 1.0) / 2 * size[along]
        return Capsule(radius, half) if prim.IsA(UsdGeom.Capsule) else Cylinder(radius, half)
    reading.warn(
        prim,
        "unsupported_shape",
        f"a collider of type {prim.GetTypeName() or 'none'} is left out; "
        "use Cube, Sphere, Capsule, Cylinder or Plane",
    )
    return None


def _length(prim: Usd.Prim, name: str, default: float) -> float:
    value = number(prim, name, default)
    if not 0 < value < math.inf:
        raise SceneError(str(prim.GetPath()), f"{name} is {value:g}", f"Give the shape a positive {name}.")
    return value


def _across(reading: Reading, prim: Usd.Prim, sizes: tuple[float, ...]) -> float:
    largest = max(sizes)
    if largest - min(sizes) > _EVEN * largest:
        reading.warn(
            prim, "uneven_scale", "it is scaled unevenly across its radius; the largest scale is used"
        )
    return largest


def _material(prim: Usd.Prim) -> str | None:
    material, _ = UsdShade.MaterialBindingAPI(prim).ComputeBoundMaterial("physics")
    if material and material.GetPrim().HasAPI(UsdPhysics.MaterialAPI):
        return str(material.GetPath())
    return None
