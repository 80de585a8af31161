"""What a reading means: the right-hand side of a source's `mapping`."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, field_validator

from twin_common.definition.base import Part
from twin_common.units import UNITS

_PRIM = re.compile(r"^(/[A-Za-z_]\w*)+$", re.ASCII)
_ATTRIBUTE = re.compile(r"^[A-Za-z_]\w*(:[A-Za-z_]\w*)*$", re.ASCII)
_DOTTED = r"^[^.\s]+(\.[^.\s]+)*$"

TimeUnit = Literal["s", "ms", "us", "ns"]


class Role(StrEnum):
    """Whether a reading is compared with the model or drives it."""

    OBSERVED = "observed"
    INPUT = "input"


def split_path(path: str) -> tuple[str, str | None]:
    """A USD path as (prim, attribute or None): `/World/Arm/elbow.velocity` is `/World/Arm/elbow` and
    `velocity`.

    Raises:
        ValueError: it isn't an absolute USD path.
    """
    prim, dot, attribute = path.partition(".")
    if not _PRIM.fullmatch(prim):
        raise ValueError(f"{path!r} isn't an absolute USD path such as /World/Arm/elbow.position")
    if dot and not _ATTRIBUTE.fullmatch(attribute):
        raise ValueError(f"{attribute!r} isn't an attribute name; write <prim path>.<attribute>")
    return prim, attribute if dot else None


class _Timed(Part):
    time: str | None = Field(
        default=None,
        pattern=_DOTTED,
        description="Dotted path of the source's time in the payload: a number since the Unix epoch in "
        "`time_unit`, or ISO 8601 text. Without it the time of receipt counts.",
    )
    time_unit: TimeUnit = Field(default="s", description="Unit of a numeric `time`.")
    window_ms: float = Field(
        default=0.0,
        ge=0,
        le=60_000,
        description="Inputs only: held at the mean over the last so many ms; 0 holds the last.",
    )


class ValueTarget(_Timed):
    """One value of a payload (or the three or seven numbers of a pose) for one attribute of one prim."""

    target: str = Field(
        description="USD path with the attribute `position`, `velocity`, `effort` or `pose`: "
        "/World/Arm/elbow.position. Without an attribute: the position of a joint, the pose of anything else."
    )
    field: str | None = Field(
        default=None,
        pattern=_DOTTED,
        description="Dotted path of the value in a JSON payload: `a.b.0.c`, numbers index lists. Without "
        "it the payload is the value itself, or an object with the key `value`.",
    )
    unit: str | None = Field(default=None, description="Unit of the value; SI (rad, m, N*m, ...) if unset.")
    scale: float = Field(default=1.0, description="Factor applied before the unit.")
    offset: float = Field(default=0.0, description="Added after `scale`, before the unit.")
    role: Role | None = Field(
        default=None,
        description="`observed` is compared with the model, `input` drives it. Default: effort is an input.",
    )

    @field_validator("target")
    @classmethod
    def _is_path(cls, value: str) -> str:
        split_path(value)
        return value

    @field_validator("unit")
    @classmethod
    def _is_unit(cls, value: str | None) -> str | None:
        if value is not None and value not in UNITS:
            raise ValueError(f"unknown unit {value!r}; known are {', '.join(UNITS)}")
        return value

    @property
    def prim(self) -> str:
        """USD path of the prim."""
        return split_path(self.target)[0]

    @property
    def attribute(self) -> str | None:
        """The attribute named, or None."""
        return split_path(self.target)[1]

    @property
    def effective_role(self) -> Role:
        """The role, with its default applied."""
        return self.role or (Role.INPUT if self.attribute == "effort" else Role.OBSERVED)


class JointStateFields(Part):
    """A whole joint-state message: parallel lists of names and values, as ROS's sensor_msgs/JointState in
    JSON.
    """

    names: str = Field(default="name", pattern=_DOTTED, description="Dotted path of the list of joint names.")
    position: str | None = Field(
        default="position", pattern=_DOTTED, description="Dotted path of positions; null ignores them."
    )
    velocity: str | None = Field(
        default="velocity", pattern=_DOTTED, description="Dotted path of velocities."
    )
    effort: str | None = Field(default="effort", pattern=_DOTTED, description="Dotted path of efforts.")
    joints: dict[str, str] = Field(
        min_length=1, description="Joint name in the message: USD path of the joint."
    )
    effort_role: Role = Field(
        default=Role.INPUT, description="Whether measured effort drives the model or is compared."
    )

    @field_validator("joints")
    @classmethod
    def _are_joints(cls, value: dict[str, str]) -> dict[str, str]:
        for name, path in value.items():
            if split_path(path)[1] is not None:
                raise ValueError(f"joint {name!r}: {path} must be the path of a joint without an attribute")
        return value


class JointStateTarget(_Timed):
    """A message that carries the state of several joints at once."""

    joint_state: JointStateFields


def _from_text(value: Any) -> Any:
    return {"target": value} if isinstance(value, str) else value


def _kind(value: Any) -> str:
    is_joints = "joint_state" in value if isinstance(value, dict) else isinstance(value, JointStateTarget)
    return "joints" if is_joints else "value"


MappingTarget = Annotated[
    Annotated[ValueTarget, Tag("value")] | Annotated[JointStateTarget, Tag("joints")],
    Discriminator(_kind),
    BeforeValidator(_from_text),
]
"""A mapping's value: a path as text, an object with `target`, or an object with `joint_state`."""
