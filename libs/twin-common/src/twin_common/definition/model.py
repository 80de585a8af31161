"""The standard's Twin Definition Schema."""

from __future__ import annotations

import json
import uuid
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field, field_validator

from twin_common.definition.base import Part
from twin_common.definition.randomization import DomainRandomization
from twin_common.definition.sync import Sync

NAME_PATTERN = r"^[a-z0-9-]{1,63}$"


class Component(Part):
    """A component of a composed scene."""

    ref: str = Field(description="USD file in object storage.")
    path: str = Field(description="Prim path to reference it at.")


class SceneRef(Part):
    """The scene that the twin simulates."""

    uri: str = Field(min_length=1, description="USD file: a path beside the definition, or s3://bucket/key.")
    version: int | None = Field(
        default=None, ge=1, description="Version of the stored scene; the newest if unset."
    )
    composition: tuple[Component, ...] = Field(
        default=(), description="Components to compose the scene from."
    )


class EngineType(StrEnum):
    """The engines that the standard knows."""

    OMNIVERSE = "omniverse"
    MUJOCO = "mujoco"
    GAZEBO = "gazebo"
    PYBULLET = "pybullet"


class EngineConfig(Part):
    """How the engine steps."""

    step_hz: float = Field(default=240.0, ge=1, le=100_000, description="Physics steps per second, at least.")
    substeps: int = Field(default=1, ge=1, le=1000, description="Substeps per step.")
    gravity: tuple[float, float, float] | None = Field(
        default=None, description="m/s^2; the scene's own if unset."
    )
    solver_iterations: int = Field(default=50, ge=1, le=10_000, description="Solver iterations per step.")
    gpu_id: int | Literal["auto"] = Field(default="auto", description="GPU, for engines that use one.")


class Engine(Part):
    """The physics engine."""

    type: EngineType = Field(description="omniverse, mujoco, gazebo or pybullet.")
    config: EngineConfig = EngineConfig()


class TwinDefinition(Part):
    """A twin: a scene, an engine, and how it follows its physical counterpart."""

    name: str = Field(
        pattern=NAME_PATTERN, description="a-z, 0-9 and -, at most 63; doesn't begin with `twin-`."
    )
    id: str | None = Field(default=None, description="UUID, assigned on creation; a new twin's is left out.")
    organization: str | None = Field(
        default=None, pattern=r"^[a-z0-9-]{1,63}$", description="Owner; the caller's if unset."
    )
    created_at: str | None = Field(default=None, description="Set by the service; accepted and ignored.")
    updated_at: str | None = Field(default=None, description="Set by the service; accepted and ignored.")
    scene: SceneRef
    engine: Engine
    sync: Sync
    domain_randomization: DomainRandomization = DomainRandomization()
    metadata: dict[str, Any] = Field(default_factory=dict, description="Anything; kept, not interpreted.")
    tags: tuple[str, ...] = Field(default=(), description="For searching.")

    @field_validator("name")
    @classmethod
    def _no_alias(cls, value: str) -> str:
        if value.startswith("twin-"):
            raise ValueError(
                f"must not begin with twin- (twin-{value[5:]} is the alias of {value[5:] or 'a twin'})"
            )
        return value

    @field_validator("id")
    @classmethod
    def _is_uuid(cls, value: str | None) -> str | None:
        try:
            return value if value is None else str(uuid.UUID(value))
        except ValueError:
            raise ValueError("must be a UUID") from None

    def canonical_json(self) -> str:
        """The definition as JSON with sorted keys, no spaces and every default written out.

        Equal definitions give equal text, and `TwinDefinition.model_validate_json` reads it back.
        """
        return json.dumps(
            self.model_dump(mode="json"),
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
            allow_nan=False,
        )
