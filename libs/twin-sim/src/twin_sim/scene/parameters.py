"""Parameters of a scene that can be overridden: their names, their values, and the scene with new ones."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from twin_sim.errors import ParameterError
from twin_sim.scene.model import Body, Joint, JointKind, Material, SceneModel
from twin_sim.scene.spatial import Vec3, norm, scaled

_XYZ = ("x", "y", "z")
_JOINT = {
    "friction": "friction",
    "damping": "damping",
    "armature": "armature",
    "effortOffset": "effort_offset",
}
_DRIVE = {"drive.stiffness": "stiffness", "drive.damping": "damping", "drive.maxForce": "max_force"}
_MATERIAL = {
    "staticFriction": "static_friction",
    "dynamicFriction": "dynamic_friction",
    "restitution": "restitution",
}
_SIGNED = ("effortOffset", "centerOfMass.x", "centerOfMass.y", "centerOfMass.z")
_POSITIVE = ("mass", "diagonalInertia.x", "diagonalInertia.y", "diagonalInertia.z")


def parameters(scene: SceneModel) -> dict[str, float]:
    """Every parameter by '<USD path>.<name>', SI values."""
    found: dict[str, float] = {}
    for body in scene.bodies:
        found |= {f"{body.path}.{name}": value for name, value in _of_body(body).items()}
    for joint in scene.joints:
        found |= {f"{joint.path}.{name}": value for name, value in _of_joint(joint).items()}
    for material in scene.materials:
        found |= {f"{material.path}.{name}": getattr(material, field) for name, field in _MATERIAL.items()}
    if scene.scene_path is not None:
        found[f"{scene.scene_path}.gravityMagnitude"] = norm(scene.gravity)
    return found


def with_overrides(scene: SceneModel, overrides: Mapping[str, float]) -> SceneModel:
    """The scene with other values. A body's mass takes its inertia along, unless that is overridden, too.

    Raises:
        ParameterError: a parameter that the scene doesn't have, or a value it can't take.
    """
    known = parameters(scene)
    wanted: dict[str, dict[str, float]] = {}
    for name, value in overrides.items():
        _check(name, value, known)
        path, _, field = name.partition(".")
        wanted.setdefault(path, {})[field] = float(value)
    gravity = scene.gravity
    magnitude = wanted.get(scene.scene_path or "", {}).get("gravityMagnitude")
    if magnitude is not None:
        length = norm(gravity)
        gravity = scaled(gravity, magnitude / length) if length > 0 else (0.0, 0.0, -magnitude)
    return replace(
        scene,
        bodies=tuple(_body(body, wanted.get(body.path, {})) for body in scene.bodies),
        joints=tuple(_joint(joint, wanted.get(joint.path, {})) for joint in scene.joints),
        materials=tuple(_material(material, wanted.get(material.path, {})) for material in scene.materials),
        gravity=gravity,
    )


def _check(name: str, value: object, known: Mapping[str, float]) -> None:
    path, _, field = name.partition(".")
    if name not in known:
        same = [other.partition(".")[2] for other in known if other.partition(".")[0] == path]
        if same:
            raise ParameterError(f"{name}: no such parameter. That prim has {', '.join(same)}")
        prims = sorted({other.partition(".")[0] for other in known})
        raise ParameterError(f"{name}: no such prim with parameters. Known: {', '.join(prims)}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ParameterError(f"{name}: {value!r} is not a finite number")
    if field in _POSITIVE and value <= 0:
        raise ParameterError(f"{name}: {value:g} must be above 0")
    if field not in _SIGNED and value < 0:
        raise ParameterError(f"{name}: {value:g} must not be below 0")


def _of_body(body: Body) -> dict[str, float]:
    return {
        "mass": body.mass,
        **{f"centerOfMass.{axis}": body.center_of_mass[k] for k, axis in enumerate(_XYZ)},
        **{f"diagonalInertia.{axis}": body.inertia[k] for k, axis in enumerate(_XYZ)},
    }


def _of_joint(joint: Joint) -> dict[str, float]:
    if joint.kind is JointKind.FIXED:
        return {}
    found = {name: getattr(joint, field) for name, field in _JOINT.items()}
    if joint.drive is not None:
        values = {name: getattr(joint.drive, field) for name, field in _DRIVE.items()}
        found |= {name: value for name, value in values.items() if value is not None}
    return found


def _body(body: Body, wanted: Mapping[str, float]) -> Body:
    if not wanted:
        return body
    mass = wanted.get("mass", body.mass)
    inertia = body.inertia if mass == body.mass else scaled(body.inertia, mass / body.mass)
    inertia = _vector("diagonalInertia", inertia, wanted)
    low, middle, high = sorted(inertia)
    if low + middle < high * (1 - 1e-6):
        raise ParameterError(
            f"{body.path}: inertia {inertia} is impossible: one moment above the sum of the others"
        )
    center = _vector("centerOfMass", body.center_of_mass, wanted)
    return replace(body, mass=mass, inertia=inertia, center_of_mass=center)


def _vector(name: str, now: Vec3, wanted: Mapping[str, float]) -> Vec3:
    return (wanted.get(f"{name}.x", now[0]), wanted.get(f"{name}.y", now[1]), wanted.get(f"{name}.z", now[2]))


def _joint(joint: Joint, wanted: Mapping[str, float]) -> Joint:
    if not wanted:
        return joint
    own: dict[str, Any] = {field: wanted[name] for name, field in _JOINT.items() if name in wanted}
    drive: dict[str, Any] = {field: wanted[name] for name, field in _DRIVE.items() if name in wanted}
    if drive and joint.drive is not None:
        return replace(joint, drive=replace(joint.drive, **drive), **own)
    return replace(joint, **own)


def _material(material: Material, wanted: Mapping[str, float]) -> Material:
    own: dict[str, Any] = {field: wanted[name] for name, field in _MATERIAL.items() if name in wanted}
    return replace(material, **own)
