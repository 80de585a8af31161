"""Domain randomisation for training, as the standard writes it."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from twin_common.definition.base import Part


class Range(Part):
    """A closed interval to draw from."""

    min: float
    max: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self


class GravityPerturbation(Part):
    """A tilt of gravity."""

    max_angle_deg: float = Field(ge=0, le=180, description="Largest tilt in degrees.")


class RandomizedParameters(Part):
    """What is varied, and within which limits; what isn't named stays as it is."""

    friction: Range | None = None
    mass_scale: Range | None = None
    lighting_intensity: Range | None = None
    camera_noise_stddev: Range | None = None
    actuator_delay_ms: Range | None = None
    gravity_perturbation: GravityPerturbation | None = None


class DomainRandomization(Part):
    """Variation of the simulation for training."""

    enabled: bool = False
    parameters: RandomizedParameters = RandomizedParameters()
