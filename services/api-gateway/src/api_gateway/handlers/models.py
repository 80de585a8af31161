"""Bodies and answers as OpenAPI describes them. Bodies are checked by these models; answers are made elsewhere."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Time = str


class Body(BaseModel):
    """A request's JSON body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class FieldProblem(BaseModel):
    """One thing that is wrong in a request."""

    field: str = Field(description="Path such as `sync.sources[0].name`; empty: the whole body.")
    line: int | None = Field(description="Line in the document that was sent.")
    message: str


class ProblemView(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(description="`/problems/<code>`")
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable, for programs.")
    instance: str = Field(description="Path of the request.")
    remedy: str = Field(description="What to do next.")
    request_id: str
    errors: list[FieldProblem]


class WhoAmI(BaseModel):
    """The caller."""

    actor: str
    organization: str
    role: str
    permissions: list[str]


class NewTwin(Body):
    """A twin to create."""

    definition: dict[str, Any] | str = Field(description="The twin definition as an object, or as YAML text.")
    scene: str | None = Field(
        default=None, description="Scene name; the definition's `scene.uri` names it otherwise."
    )
    scene_version: int | None = Field(default=None, ge=1, le=2**31 - 1, description="The newest if unset.")
    reason: str = Field(default="", max_length=2000, description="Why, for the twin's history.")


class Reason(Body):
    """Why something is asked for."""

    reason: str = Field(default="", max_length=2000, description="For the twin's history.")


class ConditionView(BaseModel):
    """What holds beside the phase."""

    type: str
    since: Time
    message: str


class ErrorView(BaseModel):
    """Why it failed."""

    code: str
    message: str


class SceneRefView(BaseModel):
    """The pinned version of the scene."""

    name: str
    version: int
    digest: str
    file: str


class PlacementView(BaseModel):
    """Where it runs."""

    pool: str
    partition: int


class SimView(BaseModel):
    """What the worker reports."""

    worker: str
    incarnation: int
    phase: str
    revision: int
    tick: int
    offset: int
    lag_ms: float
    checkpoint_offset: int
    counts: dict[str, int]
    warnings: list[str]
    at: Time


class TwinSummary(BaseModel):
    """A twin without its definition."""

    id: str
    name: str
    organization: str
    revision: int
    phase: Literal["created", "starting", "running", "stopping", "stopped", "failed", "deleted"]
    desired: Literal["running", "stopped"]
    conditions: list[ConditionView]
    error: ErrorView | None
    engine: str
    scene: SceneRefView
    tags: list[str]
    metadata: dict[str, Any]
    created_at: Time
    updated_at: Time
    updated_by: str
    reason: str
    restart_needed: list[str]
    placement: PlacementView
    sim: SimView | None
    links: dict[str, str]


class TwinView(TwinSummary):
    """A twin."""

    definition: dict[str, Any]
    pending_definition: dict[str, Any] | None = Field(
        description="What acts after a restart; null: the same."
    )


class TwinPage(BaseModel):
    """Some of the twins, in the order of their names."""

    items: list[TwinSummary]
    next_cursor: str | None = Field(description="For the next page; null: this was the last.")


class PendingView(BaseModel):
    """A command whose outcome isn't known yet."""

    command: str
    status: Literal["pending"]
    links: dict[str, str]


class CommandView(BaseModel):
    """What became of a command."""

    model_config = ConfigDict(extra="allow")

    id: str
    status: Literal["pending", "accepted", "applied", "refused", "unknown"]


class SourceView(BaseModel):
    """A physical source."""

    name: str
    connected: bool
    live: bool
    received: int
    last_at: Time | None
    clock_offset_ns: int
    error: str | None


class LatencyView(BaseModel):
    """Milliseconds from reading to prediction."""

    count: int
    p50_ms: float
    p99_ms: float
    max_ms: float


class SyncView(BaseModel):
    """How a twin follows its physical counterpart."""

    twin: str
    name: str
    revision: int
    state: Literal["live", "stale", "stopped", "starting", "failed"]
    engine: str | None
    incarnation: int
    epoch: int
    tick: int
    sources: list[SourceView]
    latency: LatencyView | None
    innovation_rms: dict[str, float]
    counts: dict[str, int]
    errors: dict[str, str]
    at: Time | None
