"""A twin as the API shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from api_gateway.domain.moments import rfc3339
from twin_schemas.records import Condition, Desired, Phase, SimPhase, SimStatus

if TYPE_CHECKING:
    from api_gateway.domain.entries import TwinEntry

_LIVE = frozenset({Phase.STARTING, Phase.RUNNING, Phase.STOPPING, Phase.FAILED})
_OF_SIM: Mapping[SimPhase, Phase] = {
    SimPhase.RUNNING: Phase.RUNNING,
    SimPhase.PARKED: Phase.RUNNING,
    SimPhase.FAILED: Phase.FAILED,
}


def phase_of(entry: TwinEntry) -> Phase:
    """What the control plane says; before it has said anything, what the spec and the worker make likely."""
    if entry.control is not None:
        return entry.control.phase
    if entry.spec.desired is Desired.RUNNING:
        return _OF_SIM.get(entry.sim.phase, Phase.STARTING) if entry.sim else Phase.STARTING
    return Phase.CREATED if entry.sim is None else Phase.STOPPED


def full(entry: TwinEntry) -> dict[str, Any]:
    """Everything, the definition included."""
    pending = entry.spec.pending_definition
    return {
        **summary(entry),
        "definition": orjson.Fragment(entry.spec.definition.encode()),
        "pending_definition": None if pending is None else orjson.Fragment(pending.encode()),
    }


def summary(entry: TwinEntry) -> dict[str, Any]:
    """What a list shows."""
    spec = entry.spec
    path = f"/v1/twins/{spec.twin}"
    return {
        "id": spec.twin,
        "name": spec.name,
        "organization": spec.org,
        "revision": spec.revision,
        "phase": entry.phase.value,
        "desired": spec.desired.value,
        "conditions": [_condition(condition) for condition in _conditions(entry)],
        "error": _error(entry),
        "engine": entry.read.engine,
        "scene": {
            "name": spec.scene,
            "version": spec.scene_version,
            "digest": spec.scene_digest,
            "file": spec.scene_file,
        },
        "tags": entry.read.tags,
        "metadata": entry.read.metadata,
        "created_at": rfc3339(spec.created_ns),
        "updated_at": rfc3339(spec.updated_ns or spec.created_ns),
        "updated_by": spec.actor,
        "reason": spec.reason,
        "restart_needed": spec.restart_needed,
        "placement": {"pool": spec.pool, "partition": spec.partition},
        "sim": None if entry.sim is None else _sim(entry.sim),
        "links": {
            "self": path,
            "state": f"{path}/state",
            "predictions": f"{path}/predictions",
            "sync": f"{path}/sync/status",
        },
    }


def _conditions(entry: TwinEntry) -> list[Condition]:
    found = {condition.type: condition for condition in (entry.control.conditions if entry.control else ())}
    if (sim := _present(entry)) is not None:
        for condition in sim.conditions:
            known = found.get(condition.type, condition)
            # since it was first known, in the worker's words, which are the newer
            found[condition.type] = replace(known, message=condition.message)
    return list(found.values())


def _present(entry: TwinEntry) -> SimStatus | None:
    """What the worker says of the twin's present life; its last word on a former one isn't true any more.

    A worker that has yet to follow the newest revision isn't heard either: the control plane, which knows where a
    life begins, has what it said.
    """
    if entry.sim is None or entry.phase not in _LIVE:
        return None
    newest = entry.spec.revision if entry.control is None else entry.control.revision
    return entry.sim if entry.sim.revision >= newest else None


def _condition(condition: Condition) -> dict[str, Any]:
    return {"type": condition.type, "since": rfc3339(condition.since_ns), "message": condition.message}


def _error(entry: TwinEntry) -> dict[str, str] | None:
    for status in (entry.control, _present(entry)):
        if status is not None and status.code is not None and entry.phase in _LIVE:
            return {"code": status.code, "message": status.message or ""}
    return None


def _sim(sim: SimStatus) -> dict[str, Any]:
    return {
        "worker": sim.worker,
        "incarnation": sim.incarnation,
        "phase": sim.phase.value,
        "revision": sim.revision,
        "tick": sim.tick,
        "offset": sim.offset,
        "lag_ms": sim.lag_ms,
        "checkpoint_offset": sim.checkpoint_offset,
        "counts": sim.counts,
        "warnings": sim.warnings,
        "at": rfc3339(sim.at_ns),
    }
