"""A twin as the columns of its rows, and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final

from asyncpg import Record

from scene_manager.domain.engines import engine_of
from scene_manager.domain.placement import Placement
from scene_manager.domain.report import Condition
from scene_manager.domain.revision import Made, Pending, digest_of
from scene_manager.domain.scene import PinnedScene
from scene_manager.domain.twin import Twin
from twin_schemas.records.desired import Desired
from twin_schemas.records.phase import Phase

SELECT: Final = """
    SELECT t.id, t.org, t.name, t.revision, t.phase, t.seed, t.created_ns, t.code, t.message, t.reported,
           t.reported_ms, t.life, t.phase_ns, t.conditions,
           r.desired, r.scene, r.scene_version, r.scene_digest, r.scene_file, r.definition,
           r.made_ns, r.actor, r.reason, r.command, r.pending_definition, r.pending_scene, r.restart_needed,
           p.pool, p.partition
      FROM twins t
      JOIN revisions r ON r.twin = t.id AND r.revision = t.revision
      JOIN placements p ON p.twin = t.id
"""


def to_twin(row: Record | None) -> Twin:
    """The twin of a joined row."""
    assert row is not None, "every twin has a row of its revision and one of its placement"
    return Twin(
        id=str(row["id"]),
        org=row["org"],
        name=row["name"],
        revision=row["revision"],
        phase=Phase(row["phase"]),
        desired=Desired(row["desired"]),
        placement=Placement(row["pool"], row["partition"]),
        scene=PinnedScene(row["scene"], row["scene_version"], row["scene_digest"], row["scene_file"]),
        definition=row["definition"],
        seed=row["seed"],
        created_ns=row["created_ns"],
        made=Made(row["actor"], row["made_ns"], row["command"], row["reason"]),
        pending=_pending(row),
        life=row["life"],
        phase_ns=row["phase_ns"],
        code=row["code"],
        message=row["message"],
        conditions=tuple(Condition(**each) for each in json.loads(row["conditions"])),
        reported=row["reported"],
        reported_ms=row["reported_ms"],
    )


def state_of(twin: Twin) -> dict[str, Any]:
    """What changes of a twin's own row, by column."""
    return {
        "revision": twin.revision,
        "phase": twin.phase.value,
        "code": twin.code,
        "message": twin.message,
        "reported": twin.reported,
        "reported_ms": twin.reported_ms,
        "life": twin.life,
        "phase_ns": twin.phase_ns,
        "conditions": json.dumps([asdict(each) for each in twin.conditions]),
        "engine": engine_of(twin.definition),
        "running": twin.desired is Desired.RUNNING,
    }


def revision_of(twin: Twin) -> dict[str, Any]:
    """The row of a twin's revision, by column, but for the twin's id."""
    scene, pending, made = twin.scene, twin.pending, twin.made
    return {
        "revision": twin.revision,
        "parent": twin.revision - 1 or None,
        "desired": twin.desired.value,
        "scene": scene.name,
        "scene_version": scene.version,
        "scene_digest": scene.digest,
        "scene_file": scene.file,
        "definition": twin.definition,
        "definition_digest": digest_of(twin.definition),
        "pending_definition": None if pending is None else pending.definition,
        "pending_scene": None if pending is None else json.dumps(asdict(pending.scene)),
        "restart_needed": json.dumps(twin.restart_needed),
        "made_ns": made.at_ns,
        "actor": made.actor,
        "reason": made.reason,
        "command": made.command,
    }


def _pending(row: Record) -> Pending | None:
    if row["pending_definition"] is None:
        return None
    paths = tuple(json.loads(row["restart_needed"]))
    return Pending(row["pending_definition"], PinnedScene(**json.loads(row["pending_scene"])), paths)
