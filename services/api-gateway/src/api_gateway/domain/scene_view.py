"""Scenes as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api_gateway.domain.entries import SceneEntry
from api_gateway.domain.moments import rfc3339
from twin_schemas.records import SceneProposal, SceneUse, SceneValidated, SceneVersion


def summary(entry: SceneEntry) -> dict[str, Any]:
    """A scene in a list."""
    latest = entry.latest
    return {
        "id": entry.id,
        "name": entry.name,
        "organization": entry.org,
        "latest": latest.version,
        "versions": len(entry.versions),
        "updated_at": rfc3339(latest.created_ns),
    }


def whole(entry: SceneEntry) -> dict[str, Any]:
    """A scene with its versions, newest first, and its open proposals."""
    numbers = sorted(entry.versions, reverse=True)
    return {
        "id": entry.id,
        "name": entry.name,
        "organization": entry.org,
        "latest": entry.latest.version,
        "versions": [version(entry.versions[number]) for number in numbers],
        "proposals": [
            proposal(each) for each in sorted(entry.proposals.values(), key=lambda p: p.created_ns)
        ],
    }


def version(record: SceneVersion) -> dict[str, Any]:
    """A version."""
    return {
        "version": record.version,
        "digest": record.digest,
        "file": record.file,
        "size": record.size,
        "created_at": rfc3339(record.created_ns),
        "created_by": record.actor,
        "note": record.note,
        "uses": _uses(record.uses),
        "model_digest": record.model_digest,
        "compiled": record.compiled,
        "parent": record.parent,
        "warnings": list(record.warnings),
    }


def version_of(entry: SceneEntry, number: int) -> dict[str, Any]:
    """A version with the scene that it is one of."""
    return {"id": entry.id, "name": entry.name, "organization": entry.org, **version(entry.versions[number])}


def proposal(record: SceneProposal) -> dict[str, Any]:
    """A version that suggests itself."""
    return {
        "id": record.proposal,
        "base": record.base,
        "uses": _uses(record.uses),
        "created_at": rfc3339(record.created_ns),
        "created_by": record.actor,
        "note": record.note,
    }


def validation(record: SceneValidated) -> dict[str, Any]:
    """What a check found."""
    return {
        "ok": record.ok,
        "version": record.version,
        "engine": record.engine,
        "findings": [
            {
                "severity": found.severity,
                "code": found.code,
                "path": found.path,
                "message": found.message,
                "remedy": found.remedy,
            }
            for found in record.findings
        ],
    }


def _uses(uses: Sequence[SceneUse]) -> list[dict[str, Any]]:
    return [
        {"path": use.path, "scene": use.scene, "version": use.version, "digest": use.digest} for use in uses
    ]
