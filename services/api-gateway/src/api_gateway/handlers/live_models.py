"""Bodies and answers of running twins, as OpenAPI describes them."""

from __future__ import annotations

import math
import re
from datetime import datetime
from fractions import Fraction
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, Field

from api_gateway.handlers.models import Body, Time

_RATIO = re.compile(r"\d{1,9}(\.\d{1,9}|/\d{1,9})?")
_MOST = 1000


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("must be finite")
    return value


def _rate(value: float | str) -> float | str:
    text = str(value) if isinstance(value, str) else f"{value:.9f}"
    if not _RATIO.fullmatch(text) or text.endswith("/0") or not 0.001 <= Fraction(text) <= 1000:
        raise ValueError("a rate lies between 0.001 and 1000 Hz: a number or a ratio such as 30000/1001")
    return value


def _moment(value: str) -> str:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 1970 < at.year < 2262:
        raise ValueError("must be an RFC 3339 time such as 2026-11-21T12:20:26.5Z")
    return value


Finite = Annotated[float, AfterValidator(_finite)]
Moment = Annotated[str, AfterValidator(_moment)]


class TargetBody(Body):
    """What one joint shall do."""

    mode: Literal["position", "velocity", "effort"]
    value: Finite = Field(description="SI units: m, rad, m/s, rad/s, N, N*m.")


class JointCommandBody(Body):
    """Set points for joints."""

    targets: dict[str, TargetBody] = Field(
        min_length=1, max_length=_MOST, description="By the joint's USD path."
    )
    effect_time: Moment | None = Field(default=None, description="When to act; at once if unset.")


class ResetBody(Body):
    """A state to go on from."""

    to_initial: bool = Field(default=False, description="Back to the scene's initial state first.")
    values: dict[str, Annotated[list[Finite], Field(min_length=1, max_length=7)]] = Field(
        default_factory=dict, max_length=_MOST, description="Then these, by `<USD path>.<kind>`, SI units."
    )
    effect_time: Moment | None = Field(default=None, description="When to act; at once if unset.")


class RateBody(Body):
    """Another tick rate."""

    rate_hz: Annotated[float | str, AfterValidator(_rate)] = Field(
        description="Ticks per second: a number, or a ratio such as 30000/1001."
    )
    reason: str = Field(default="", max_length=1000, description="Why.")


class StateView(BaseModel):
    """A running twin's state at one offset of its journal."""

    twin: str
    name: str
    revision: int
    incarnation: int
    offset: int
    tick: int
    time: Time
    parameter_version: int
    values: dict[str, list[float]] = Field(description="Every channel after the tick, SI units.")
    parameters: dict[str, float]
    inputs: dict[str, list[float]]
    digest: str


class AppliedView(BaseModel):
    """A command that acted."""

    command: str
    status: Literal["applied"]
    twin: str
    incarnation: int
    offset: int
    tick: int
    step: int
    time: Time
    late_ns: int


_ID: Final = "0197a3d2-5c1e-7000-8a4b-3f2d1c0b9a88"
_AT: Final = "2026-11-21T12:20:26.123456Z"
STATE: Final[dict[str, Any]] = {
    "twin": _ID,
    "name": "arm",
    "revision": 2,
    "incarnation": 1,
    "offset": 1802,
    "tick": 1800,
    "time": _AT,
    "parameter_version": 0,
    "values": {"/World/Arm/shoulder.position": [0.21]},
    "parameters": {},
    "inputs": {},
    "digest": "9f" * 32,
}
APPLIED: Final[dict[str, Any]] = {
    "command": _ID,
    "status": "applied",
    "twin": _ID,
    "incarnation": 1,
    "offset": 1803,
    "tick": 1801,
    "step": 0,
    "time": _AT,
    "late_ns": 0,
}
JOINT_COMMAND: Final[dict[str, Any]] = {
    "targets": {"/World/Arm/shoulder": {"mode": "position", "value": 0.2}}
}
RESET: Final[dict[str, Any]] = {"to_initial": True, "values": {"/World/Arm/shoulder.position": [0.1]}}
RATE: Final[dict[str, Any]] = {"rate_hz": 15, "reason": "night shift"}
