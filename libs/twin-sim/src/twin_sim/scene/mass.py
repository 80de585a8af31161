"""Mass, centre and inertia of a body made of solid shapes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin_sim.scene.shapes import Shape
from twin_sim.scene.spatial import IDENTITY, Pose, Quat, Vec3, normalized, rotate


@dataclass(frozen=True, slots=True)
class Part:
    """A solid shape of a body: mass in kg, where it is in the body."""

    mass: float
    pose: Pose
    shape: Shape


@dataclass(frozen=True, slots=True)
class MassProperties:
    """Mass in kg, centre in m, principal moments in kg m^2 about the centre and their axes."""

    mass: float
    center: Vec3
    inertia: Vec3
    axes: Quat


def combined(parts: Sequence[Part], mass: float) -> MassProperties:
    """The parts as one body, their masses scaled to a total.

    Args:
        parts: at least one with a mass.
        mass: of all together, kg.
    """
    factor = mass / sum(part.mass for part in parts)
    centers = [np.array(part.pose.position) for part in parts]
    center = np.zeros(3)
    for part, at in zip(parts, centers, strict=True):
        center += (part.mass * factor / mass) * at
    tensor = np.zeros((3, 3))
    for part, at in zip(parts, centers, strict=True):
        weight = part.mass * factor
        axes = np.array(
            [rotate(part.pose.orientation, unit) for unit in ((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0))]
        ).T
        arm = at - center
        tensor += weight * (axes @ np.diag(part.shape.unit_inertia()) @ axes.T)
        tensor += weight * (arm @ arm * np.eye(3) - np.outer(arm, arm))  # Steiner
    inertia, axes_of = _principal(tensor)
    return MassProperties(mass, (float(center[0]), float(center[1]), float(center[2])), inertia, axes_of)


def _principal(tensor: NDArray[np.float64]) -> tuple[Vec3, Quat]:
    diagonal = np.diagonal(tensor)
    rest = np.abs(tensor - np.diag(diagonal)).max()
    if rest <= 1e-12 * diagonal.max():
        # already principal: keep the axes rather than let an eigenvalue solver permute them
        return (float(diagonal[0]), float(diagonal[1]), float(diagonal[2])), IDENTITY
    moments, axes = np.linalg.eigh(tensor)
    if np.linalg.det(axes) < 0:
        axes[:, 0] = -axes[:, 0]
    return (float(moments[0]), float(moments[1]), float(moments[2])), _from_matrix(axes)


def _from_matrix(m: NDArray[np.float64]) -> Quat:
    """Shepperd's method: divide by the largest component."""
    trace = float(m[0, 0] + m[1, 1] + m[2, 2])
    squares = [1 + trace] + [1 + 2 * float(m[k, k]) - trace for k in range(3)]
    largest = squares.index(max(squares))
    root = squares[largest] ** 0.5
    skew = (float(m[2, 1] - m[1, 2]), float(m[0, 2] - m[2, 0]), float(m[1, 0] - m[0, 1]))
    if largest == 0:
        return normalized((root, skew[0] / root, skew[1] / root, skew[2] / root))
    k = largest - 1
    parts = [skew[k] / root] + [float(m[k, j] + m[j, k]) / root if j != k else root for j in range(3)]
    return normalized((parts[0], parts[1], parts[2], parts[3]))
