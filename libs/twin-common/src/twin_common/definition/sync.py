"""How a twin follows its physical counterpart."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from twin_common.definition.base import Part, Rate
from twin_common.definition.sources import Publish, Source

Mode = Literal["realtime", "batch", "replay", "standalone"]


class Gains(Part):
    """Share of each innovation that is added to the state, 0 to 1."""

    position: float = Field(default=0.5, ge=0, le=1, description="For joint positions.")
    velocity: float = Field(default=0.5, ge=0, le=1, description="For joint velocities.")
    pose: float = Field(default=0.5, ge=0, le=1, description="For positions and orientations of bodies.")


class Assimilation(Part):
    """How readings correct the state."""

    mode: Literal["overwrite", "nudge", "none"] = Field(
        default="nudge",
        description="`overwrite` trusts readings fully, `nudge` by `gains`, `none` only compares.",
    )
    gains: Gains = Field(default=Gains(), description="For `nudge`.")


class Horizon(Part):
    """Forecasts over a longer time."""

    seconds: float = Field(default=0.5, gt=0, le=60, description="Length of a forecast.")
    per_second: float = Field(
        default=2.0,
        ge=0,
        le=1000,
        description="Forecasts per second; 0 makes none. The default ones lie end to end: each reading is in one.",
    )
    samples: int = Field(default=15, ge=1, le=1000, description="Samples per forecast, evenly spaced.")


class DriftThreshold(Part):
    """Fixed limits on the difference between prediction and reality."""

    position_m: float | None = Field(default=None, gt=0, description="Metres.")
    position_rad: float | None = Field(default=None, gt=0, description="Radians.")
    velocity_mps: float | None = Field(default=None, gt=0, description="Metres per second.")
    velocity_radps: float | None = Field(default=None, gt=0, description="Radians per second.")
    temperature_c: float | None = Field(default=None, gt=0, description="Kelvin or degrees Celsius.")


class DriftDetection(Part):
    """When a twin has drifted, and what to do."""

    enabled: bool = Field(default=True, description="Whether drift is looked for.")
    window_seconds: float = Field(
        default=10.0, gt=0, le=3600, description="Seconds that are looked at together."
    )
    threshold: DriftThreshold = Field(default=DriftThreshold(), description="What counts as drift.")
    response: Literal["auto_recalibrate", "alert", "hard_reset"] = Field(
        default="alert", description="What follows: new parameters, a word to people, or a new start."
    )


class Sync(Part):
    """Sources, publication and rate."""

    mode: Mode = Field(default="realtime", description="realtime, batch, replay or standalone (no sources).")
    sources: tuple[Source, ...] = Field(default=(), description="Where readings come from.")
    publish: tuple[Publish, ...] = Field(default=(), description="Where predictions go to.")
    rate_hz: Rate = Field(
        default=Fraction(30), description="Ticks per second: a number or a ratio such as 30000/1001."
    )
    primary: str | None = Field(
        default=None, description="Name of the source that the tick grid follows; the fastest if unset."
    )
    frame_wait_ms: float | None = Field(
        default=None, ge=0, le=60_000, description="Wait after a tick for sources that are late."
    )
    latency_budget_ms: float = Field(
        default=50.0, gt=0, le=3_600_000, description="Budget from tick to published prediction."
    )
    buffer_size: int = Field(
        default=100, ge=1, le=1_000_000, description="Readings held per source; the oldest is dropped."
    )
    reconnect_backoff_ms: tuple[Annotated[int, Field(ge=1, le=3_600_000)], ...] = Field(
        default=(100, 500, 2000, 10_000),
        min_length=1,
        description="Waits between attempts to connect; the last one repeats.",
    )
    assimilation: Assimilation = Assimilation()
    horizon: Horizon = Horizon()
    drift_detection: DriftDetection = DriftDetection()
    ring_ticks: int = Field(
        default=8, ge=1, le=1000, description="Readings up to so many ticks old are still assimilated."
    )

    def source_name(self, index: int) -> str:
        """The name of a source: its own, or type and position."""
        source = self.sources[index]
        return source.name or f"{source.type}-{index}"

    @model_validator(mode="after")
    def _names(self) -> Self:
        names = [self.source_name(index) for index in range(len(self.sources))]
        if len(set(names)) != len(names):
            raise ValueError("two sources have the same name")
        if self.primary is not None and self.primary not in names:
            raise ValueError(
                f"primary: no source is called {self.primary!r} (there are {', '.join(names) or 'none'})"
            )
        if self.mode == "standalone" and self.sources:
            raise ValueError("mode standalone has no sources; remove them or choose realtime")
        if self.mode != "standalone" and not self.sources:
            raise ValueError(f"mode {self.mode} needs a source; add one or choose standalone")
        return self
