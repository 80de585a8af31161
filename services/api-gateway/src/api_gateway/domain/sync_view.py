"""How a twin follows its physical counterpart, as the API shows it."""

from __future__ import annotations

from math import isfinite
from typing import Any, Literal

from api_gateway.domain.entries import TwinEntry
from api_gateway.domain.moments import rfc3339
from twin_schemas.records import Desired, Phase, SourceStatus, SyncStatus

State = Literal["live", "stale", "stopped", "starting", "failed"]
_REST = frozenset({Phase.CREATED, Phase.STOPPED, Phase.STOPPING})
_SILENT_NS = 15_000_000_000
"""A sync engine reports every second or so: one that hasn't for so long is gone or stuck."""


def sync_state(entry: TwinEntry, now_ns: int) -> State:
    """In one word: `stale` when a source is silent, or the sync engine itself."""
    if entry.phase is Phase.FAILED:
        return "failed"
    if entry.phase in _REST or entry.spec.desired is Desired.STOPPED:
        return "stopped"
    sync = entry.sync
    if sync is None or sync.incarnation == 0:
        return "starting"
    silent = now_ns - sync.at_ns > _SILENT_NS
    return "stale" if silent or not all(source.live for source in sync.sources) else "live"


def sync_view(entry: TwinEntry, now_ns: int) -> dict[str, Any]:
    """The whole answer; before a sync engine has reported, zeros and nulls."""
    sync = entry.sync
    head = {
        "twin": entry.id,
        "name": entry.name,
        "revision": entry.spec.revision if sync is None else sync.revision,
        "state": sync_state(entry, now_ns),
    }
    return {**head, **(_NOTHING if sync is None else _reported(sync))}


_NOTHING: dict[str, Any] = {
    "engine": None,
    "incarnation": 0,
    "epoch": 0,
    "tick": -1,
    "sources": [],
    "latency": None,
    "innovation_rms": {},
    "counts": {},
    "errors": {},
    "at": None,
}


def _reported(sync: SyncStatus) -> dict[str, Any]:
    return {
        "engine": sync.engine,
        "incarnation": sync.incarnation,
        "epoch": sync.epoch,
        "tick": sync.tick,
        "sources": [_source(source) for source in sync.sources],
        "latency": sync.latency.to_avro(),
        "innovation_rms": {path: rms for path, rms in sync.innovation_rms.items() if isfinite(rms)},
        "counts": sync.counts,
        "errors": sync.errors,
        "at": rfc3339(sync.at_ns),
    }


def _source(source: SourceStatus) -> dict[str, Any]:
    return {
        "name": source.name,
        "connected": source.connected,
        "live": source.live,
        "received": source.received,
        "last_at": rfc3339(source.last_ns) if source.last_ns > 0 else None,
        "clock_offset_ns": source.clock_offset_ns,
        "error": source.error,
    }
