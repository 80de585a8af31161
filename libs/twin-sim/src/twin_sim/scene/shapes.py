"""The shapes a collider can have: size, volume, and the inertia of a solid of them."""

import math
from dataclasses import dataclass

from twin_sim.scene.spatial import Vec3


@dataclass(frozen=True, slots=True)
class Box:
    """Half lengths along x, y, z, m."""

    half: Vec3

    @property
    def volume(self) -> float:
        """m^3."""
        return 8 * self.half[0] * self.half[1] * self.half[2]

    def unit_inertia(self) -> Vec3:
        """Principal moments per mass, m^2."""
        x, y, z = (h * h for h in self.half)
        return ((y + z) / 3, (x + z) / 3, (x + y) / 3)


@dataclass(frozen=True, slots=True)
class Sphere:
    """Radius, m."""

    radius: float

    @property
    def volume(self) -> float:
        """m^3."""
        return 4 / 3 * math.pi * self.radius**3

    def unit_inertia(self) -> Vec3:
        """Principal moments per mass, m^2."""
        moment = 0.4 * self.radius**2
        return (moment, moment, moment)


@dataclass(frozen=True, slots=True)
class Cylinder:
    """Radius, and half length along z, m."""

    radius: float
    half_height: float

    @property
    def volume(self) -> float:
        """m^3."""
        return 2 * math.pi * self.radius**2 * self.half_height

    def unit_inertia(self) -> Vec3:
        """Principal moments per mass, m^2."""
        across = self.radius**2 / 4 + self.half_height**2 / 3
        return (across, across, self.radius**2 / 2)


@dataclass(frozen=True, slots=True)
class Capsule:
    """Radius, and half length of the cylinder between the caps, along z, m."""

    radius: float
    half_height: float

    @property
    def volume(self) -> float:
        """m^3."""
        return math.pi * self.radius**2 * (2 * self.half_height + 4 / 3 * self.radius)

    def unit_inertia(self) -> Vec3:
        """Principal moments per mass, m^2: a cylinder and two half balls, each by its share of the volume."""
        r, h = self.radius, self.half_height
        middle = 2 * h / (2 * h + 4 / 3 * r)
        caps = 1 - middle
        across = middle * (r * r / 4 + h * h / 3) + caps * (0.4 * r * r + h * h + 0.75 * h * r)
        return (across, across, middle * r * r / 2 + caps * 0.4 * r * r)


@dataclass(frozen=True, slots=True)
class Plane:
    """An endless plane through the origin with its outside along +z."""

    @property
    def volume(self) -> float:
        """None: it weighs nothing."""
        return 0.0

    def unit_inertia(self) -> Vec3:
        """None."""
        return (0.0, 0.0, 0.0)


Shape = Box | Sphere | Capsule | Cylinder | Plane
