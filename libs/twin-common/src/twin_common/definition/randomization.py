"""Domain randomisation for training, as the standard writes it."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from twin_common.definition.base import Part


class Range(Part):
    """A closed interval to draw from."""

    min: float = Field(description="Smallest value.")
    max: float = Field(description="Largest value.")

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

    friction: Range | None = Field(default=None, description="Coefficient of friction.")
    mass_scale: Range | None = Field(default=None, description="Factor on masses.")
    lighting_intensity: Range | None = Field(default=None, description="Factor on lights.")
    camera_noise_stddev: Range | None = Field(
        default=None, description="Standard deviation of a pixel's noise, 0 to 1."
    )
    actuator_delay_ms: Range | None = Field(default=None, description="Delay of actuators, ms.")
    gravity_perturbation: GravityPerturbation | None = Field(default=None, description="A tilt of gravity.")


class DomainRandomization(Part):
    """Variation of the simulation for training."""

    enabled: bool = Field(default=False, description="Whether anything is varied.")
    parameters: RandomizedParameters = Field(default=RandomizedParameters(), description="What, and how far.")
