"""A twin as the API shows it: what is wanted of it, and what its worker reports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hanzo_twin.models.base import Model


class Condition(Model):
    """Something that holds beside the phase.

    Attributes:
        type: degraded, stale or parked.
        since: when it began.
        message: what it means for this twin.
    """

    type: str
    since: datetime | None = None
    message: str = ""


class Failure(Model):
    """Why a twin can't run.

    Attributes:
        code: short, stable, machine-readable reason.
        message: what is wrong, where, and what to do.
    """

    code: str
    message: str


class SceneRef(Model):
    """The scene version that a twin runs.

    Attributes:
        name: of the scene.
        version: integer, immutable.
        digest: sha256 of what the version holds.
        file: root USD file.
    """

    name: str
    version: int
    digest: str = ""
    file: str = ""


class Placement(Model):
    """Where a twin's records lie on the bus."""

    pool: str
    partition: int


class SimReport(Model):
    """What the worker that folds a twin reports.

    Attributes:
        worker: its instance.
        incarnation: of the twin; 0: none yet.
        phase: starting, running, stopping, stopped, parked or failed.
        revision: of the twin that it runs.
        tick: last one; -1: none.
        offset: last journal offset folded; -1: none.
        lag_ms: age of the newest folded frame when it was folded.
        checkpoint_offset: journal offset of the newest checkpoint; -1: none.
        counts: since the worker took over.
        warnings: of the scene and the like.
        at: when it reported.
    """

    worker: str
    incarnation: int = 0
    phase: str = ""
    revision: int = 0
    tick: int = -1
    offset: int = -1
    lag_ms: float = 0.0
    checkpoint_offset: int = -1
    counts: Mapping[str, int] = {}
    warnings: tuple[str, ...] = ()
    at: datetime | None = None


class Twin(Model):
    """A twin.

    Attributes:
        id: its UUID.
        name: unique across organisations.
        organization: that owns it.
        revision: grows with every change.
        phase: created, starting, running, stopping, stopped or failed.
        desired: running or stopped.
        conditions: what holds beside the phase.
        error: why it has failed, or None.
        engine: type of its engine.
        scene: the version it runs.
        definition: the active definition; None in lists.
        pending_definition: what acts from the next start; None: the same.
        tags: for searching.
        metadata: the user's own keys and values.
        created_at, updated_at: when.
        updated_by: who made the last change.
        reason: why, in that person's words.
        restart_needed: paths of the definition whose new values act from the next start.
        placement: where its records lie.
        sim: the worker's report, or None when none has taken it.
        links: paths of related resources.
    """

    id: str
    name: str
    organization: str
    revision: int
    phase: str
    desired: str = "stopped"
    conditions: tuple[Condition, ...] = ()
    error: Failure | None = None
    engine: str = ""
    scene: SceneRef | None = None
    definition: dict[str, Any] | None = None
    pending_definition: dict[str, Any] | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = {}
    created_at: datetime | None = None
    updated_at: datetime | None = None
    updated_by: str | None = None
    reason: str | None = None
    restart_needed: tuple[str, ...] = ()
    placement: Placement | None = None
    sim: SimReport | None = None
    links: Mapping[str, str] = {}
