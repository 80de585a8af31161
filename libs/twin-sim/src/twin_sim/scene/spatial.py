"""Rigid poses: three numbers for where, a unit quaternion (w x y z) for which way."""

import math
from dataclasses import dataclass

Vec3 = tuple[float, float, float]
Quat = tuple[float, float, float, float]

IDENTITY: Quat = (1.0, 0.0, 0.0, 0.0)
ORIGIN: Vec3 = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Pose:
    """A frame within another one, m and unit quaternion w x y z."""

    position: Vec3 = ORIGIN
    orientation: Quat = IDENTITY

    def __matmul__(self, inner: "Pose") -> "Pose":
        """The frame `inner`, given in this one, as seen from outside."""
        moved = rotate(self.orientation, inner.position)
        return Pose(add(self.position, moved), normalized(multiply(self.orientation, inner.orientation)))

    def inverse(self) -> "Pose":
        """The outer frame as seen from this one."""
        back = conjugate(self.orientation)
        return Pose(scaled(rotate(back, self.position), -1.0), back)

    def point(self, inside: Vec3) -> Vec3:
        """A point given in this frame, as seen from outside."""
        return add(self.position, rotate(self.orientation, inside))


HERE = Pose()
"""The outer frame itself."""


def add(a: Vec3, b: Vec3) -> Vec3:
    """Sum."""
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def subtract(a: Vec3, b: Vec3) -> Vec3:
    """Difference."""
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def scaled(a: Vec3, factor: float) -> Vec3:
    """Multiple."""
    return (a[0] * factor, a[1] * factor, a[2] * factor)


def dot(a: Vec3, b: Vec3) -> float:
    """Inner product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def norm(a: Vec3) -> float:
    """Length."""
    return math.sqrt(dot(a, a))


def multiply(p: Quat, q: Quat) -> Quat:
    """The rotation q followed by p."""
    a, b, c, d = p
    w, x, y, z = q
    return (
        a * w - b * x - c * y - d * z,
        a * x + b * w + c * z - d * y,
        a * y - b * z + c * w + d * x,
        a * z + b * y - c * x + d * w,
    )


def conjugate(q: Quat) -> Quat:
    """The rotation back."""
    return (q[0], -q[1], -q[2], -q[3])


def normalized(q: Quat) -> Quat:
    """Unit length, scalar part not negative, so that one rotation has one form."""
    length = math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3])
    factor = -1.0 / length if q[0] < 0 else 1.0 / length
    return (q[0] * factor, q[1] * factor, q[2] * factor, q[3] * factor)


def rotate(q: Quat, v: Vec3) -> Vec3:
    """A vector after the rotation."""
    w, x, y, z = q
    tx, ty, tz = 2 * (y * v[2] - z * v[1]), 2 * (z * v[0] - x * v[2]), 2 * (x * v[1] - y * v[0])
    return (
        v[0] + w * tx + y * tz - z * ty,
        v[1] + w * ty + z * tx - x * tz,
        v[2] + w * tz + x * ty - y * tx,
    )


def from_rotation_vector(v: Vec3) -> Quat:
    """The rotation by |v| rad about v."""
    angle = norm(v)
    # sin(a/2)/a tends to 1/2; below 1e-8 rad the next term is under the last bit
    factor = 0.5 if angle < 1e-8 else math.sin(angle / 2) / angle
    return (math.cos(angle / 2), v[0] * factor, v[1] * factor, v[2] * factor)


def twist_angle(q: Quat, axis: Vec3) -> float:
    """The part of a rotation that is about a unit axis, rad in (-pi, pi]."""
    angle = 2 * math.atan2(dot((q[1], q[2], q[3]), axis), q[0])
    if angle > math.pi:
        return angle - 2 * math.pi
    return angle + 2 * math.pi if angle <= -math.pi else angle


def tilt(q: Quat, axis: Vec3) -> float:
    """How far a rotation turns an axis away from itself, rad."""
    return math.acos(max(-1.0, min(1.0, dot(rotate(q, axis), axis))))
