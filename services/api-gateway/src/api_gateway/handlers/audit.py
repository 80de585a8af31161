"""The audit log of the caller's organisation."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from api_gateway.domain.audit_trail import Trail
from api_gateway.domain.caller import Caller
from api_gateway.domain.moments import rfc3339
from api_gateway.domain.ports import Parts
from api_gateway.handlers.access import permit
from api_gateway.handlers.answers import json_answer
from api_gateway.handlers.routes import documented, routes
from twin_schemas.records import AuditRecord


class Decision(BaseModel):
    """Who did what to which version, and whether it was allowed."""

    actor: str
    role: str
    action: str
    resource: str
    version: int | None
    allowed: bool
    code: str | None
    request: str
    source: str
    at: str


class DecisionPage(BaseModel):
    """Decisions, the newest first. A page may have fewer than asked for, or none, while there is a next one."""

    items: list[Decision]
    next_cursor: str | None


PAGE: Final = {
    "items": [
        {
            "actor": "developer",
            "role": "twin-admin",
            "action": "twins.start",
            "resource": "arm",
            "version": 4,
            "allowed": True,
            "code": None,
            "request": "019aa7c1-61b4-7e02-8a55-90c1d2e3f401",
            "source": "api-gateway",
            "at": "2026-11-21T12:20:26.123456Z",
        }
    ],
    "next_cursor": None,
}


def router(parts: Parts, trail: Trail) -> APIRouter:
    """`/v1/audit`."""
    api = routes("audit")

    @api.get(
        "/v1/audit", summary="Who did what in your organization", **documented(DecisionPage, example=PAGE)
    )
    async def audit(
        caller: Annotated[Caller, permit("audit.read")],
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        cursor: Annotated[
            int | None, Query(ge=0, lt=2**63, description="`next_cursor` of the page before.")
        ] = None,
    ) -> Response:
        found, before = await trail.newest(caller.org, cursor, limit)
        more = None if before is None else str(before)
        return json_answer({"items": [_shown(noted.record) for noted in found], "next_cursor": more})

    return api


def _shown(record: AuditRecord) -> dict[str, object]:
    return {
        "actor": record.actor,
        "role": record.role,
        "action": record.action,
        "resource": record.resource,
        "version": record.version,
        "allowed": record.allowed,
        "code": record.code,
        "request": record.request,
        "source": record.source,
        "at": rfc3339(record.at_ns),
    }
