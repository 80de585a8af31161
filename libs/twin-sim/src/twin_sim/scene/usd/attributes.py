"""Attribute values as a person wrote them."""

import math
from collections.abc import Collection
from typing import Any

import numpy as np
from pxr import Gf, Usd

from twin_sim.errors import SceneError
from twin_sim.scene.spatial import Quat, Vec3, normalized


def _decimal(value: float) -> float:
    """The shortest decimal that is this single-precision number: 9.81, not 9.8100004196167."""
    return float(str(np.float32(value)))


def value_of(prim: Usd.Prim, name: str) -> Any:
    """Authored or fallback value at the default time; None: there is none."""
    attribute = prim.GetAttribute(name)
    return attribute.Get() if attribute else None


def is_authored(prim: Usd.Prim, name: str) -> bool:
    """Whether somebody wrote a value."""
    attribute = prim.GetAttribute(name)
    return bool(attribute) and bool(attribute.HasAuthoredValue())


def number(prim: Usd.Prim, name: str, default: float) -> float:
    """A number, finite or infinite. Raises SceneError when it isn't one."""
    attribute = prim.GetAttribute(name)
    value = attribute.Get() if attribute else None
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise SceneError(
            str(prim.GetPath()), f"{name} is {value!r}, not a number", f"Set {name} to a number."
        )
    single = attribute.GetTypeName().scalarType.cppTypeName in ("float", "GfHalf")
    return _decimal(value) if single and math.isfinite(value) else float(value)


def non_negative(prim: Usd.Prim, name: str, default: float = 0.0) -> float:
    """A finite number that isn't below zero. Raises SceneError."""
    value = number(prim, name, default)
    if value < 0 or math.isinf(value):
        raise SceneError(
            str(prim.GetPath()), f"{name} is {value:g}", f"Set {name} to a finite number not below 0."
        )
    return value


def finite(prim: Usd.Prim, name: str, default: float = 0.0) -> float:
    """A finite number. Raises SceneError."""
    value = number(prim, name, default)
    if math.isinf(value):
        raise SceneError(str(prim.GetPath()), f"{name} is {value:g}", f"Set {name} to a finite number.")
    return value


def components(prim: Usd.Prim, name: str) -> Vec3 | None:
    """Three numbers of any kind; None: there are none. Raises SceneError."""
    value = value_of(prim, name)
    if value is None:
        return None
    if not isinstance(value, Gf.Vec3d | Gf.Vec3f | Gf.Vec3h):
        raise SceneError(str(prim.GetPath()), f"{name} isn't a vector", f"Set {name} to three numbers.")
    x, y, z = map(float if isinstance(value, Gf.Vec3d) else _decimal, value)
    return (x, y, z)


def vector(prim: Usd.Prim, name: str, default: Vec3) -> Vec3:
    """Three finite numbers; infinite ones, USD's "not given", become the default. Raises SceneError."""
    numbers = components(prim, name)
    if numbers is None:
        return default
    if any(math.isnan(item) for item in numbers):
        raise SceneError(str(prim.GetPath()), f"{name} is {numbers}", f"Set {name} to finite numbers.")
    return default if any(math.isinf(item) for item in numbers) else numbers


def choice(prim: Usd.Prim, name: str, default: str, known: Collection[str]) -> str:
    """One of a few words. Raises SceneError."""
    value = str(value_of(prim, name) or default)
    if value not in known:
        words = ", ".join(known)
        raise SceneError(str(prim.GetPath()), f"{name} is {value[:80]!r}", f"Set {name} to one of {words}.")
    return value


def quaternion(prim: Usd.Prim, name: str) -> Quat:
    """A rotation w x y z; zero, USD's "not given", is the identity. Raises SceneError."""
    value = value_of(prim, name)
    if value is None:
        return (1.0, 0.0, 0.0, 0.0)
    if not isinstance(value, Gf.Quatd | Gf.Quatf | Gf.Quath):
        raise SceneError(str(prim.GetPath()), f"{name} isn't a rotation", f"Set {name} to a quaternion.")
    parts = (value.GetReal(), *value.GetImaginary())
    if not all(math.isfinite(part) for part in parts):
        raise SceneError(str(prim.GetPath()), f"{name} is {value}", f"Set {name} to a rotation.")
    if not any(parts):
        return (1.0, 0.0, 0.0, 0.0)
    return normalized((float(parts[0]), float(parts[1]), float(parts[2]), float(parts[3])))
