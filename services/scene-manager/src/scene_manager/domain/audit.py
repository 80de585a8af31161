"""What the audit log says."""

from __future__ import annotations

from scene_manager.domain.cause import Asked
from scene_manager.domain.decision import Decision
from scene_manager.domain.effects import Effect, Written
from twin_schemas.records.audit_record import AuditRecord

AUDIT = "audit.log"
SOURCE = "scene-manager"


def accepted(action: str, asked: Asked, decision: Decision) -> Effect:
    """Somebody has changed something."""
    return _written(action, asked, decision.id, decision.version, None)


def denied(action: str, asked: Asked, resource: str, code: str) -> Effect:
    """Somebody tried what they may not."""
    return _written(action, asked, resource, None, code)


def _written(action: str, asked: Asked, resource: str, version: int | None, code: str | None) -> Effect:
    record = AuditRecord(
        org=asked.org,
        actor=asked.actor,
        role=asked.role,
        action=action,
        resource=resource,
        version=version,
        allowed=code is None,
        code=code,
        request=asked.id,
        source=SOURCE,
        at_ns=asked.at_ns,
    )
    # Behind everything else of the twin or scene, whose lane it takes.
    return Written(resource, AUDIT, asked.org, record)
