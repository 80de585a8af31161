"""Decisions, as the gateway shows them to an organisation."""

from __future__ import annotations

from api_gateway.adapters.audit_trail import BusTrail
from api_gateway.errors import Problem
from api_gateway.handlers import audit as audit_api
from api_gateway.handlers.answers import json_answer
from fuzzing.refusal import Refusal, refusing
from fuzzing.targets.surroundings import PREFIX, Consumer, a_bus, put, waiting
from twin_schemas.records import AuditRecord

_ORG = "acme"


def decisions() -> Consumer:
    """Of `audit.log`."""

    async def consume(record: AuditRecord) -> None:
        bus = await a_bus("audit.log")
        await put(bus, "audit.log", record.org, record)
        trail = BusTrail(bus, PREFIX)
        for org in (record.org, _ORG):
            with refusing(Problem):
                page = await trail.newest(org, None, 10)
            json_answer([audit_api._shown(noted.record) for noted in page.decisions])
        if record.org != _ORG:
            raise Refusal("of_others")

    return waiting(consume)
