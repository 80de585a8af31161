"""Running twins: what their state is, and what they are told to do."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from fractions import Fraction
from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api_gateway.domain.caller import Caller
from api_gateway.domain.commands import CommandLog
from api_gateway.domain.entries import TwinEntry
from api_gateway.domain.live import Outcome, Outcomes, applied_view, refusal_of, state_view
from api_gateway.domain.ports import Parts
from api_gateway.domain.question import Question
from api_gateway.errors import Problem
from api_gateway.handlers.access import not_found, permit
from api_gateway.handlers.answers import json_answer, pending
from api_gateway.handlers.bodies import json_body, such_as
from api_gateway.handlers.live_models import (
    APPLIED,
    JOINT_COMMAND,
    RATE,
    RESET,
    STATE,
    AppliedView,
    JointCommandBody,
    RateBody,
    ResetBody,
    StateView,
)
from api_gateway.handlers.routes import documented, json_content, routes
from twin_schemas.records import (
    CommandRefused,
    Desired,
    GetState,
    JointMode,
    JointTarget,
    RequestRefused,
    ResetState,
    SetJointCommand,
    SetRate,
    TwinState,
)

_COMMANDS = "sim.commands"
_REQUESTS = "sim.requests"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def router(parts: Parts, outcomes: Outcomes, log: CommandLog) -> APIRouter:
    """`/v1/twins/{ref}/state`, `/joint-command`, `/reset`, `/rate`."""
    api = routes("live")

    @api.get(
        "/v1/twins/{ref}/state",
        summary="A running twin's state, asked of the worker that folds it",
        **documented(StateView, 404, 409, 504, example=STATE),
    )
    async def state(ref: str, caller: Annotated[Caller, permit("twins.read")]) -> Response:
        entry = _running(parts, caller, ref)
        spec = entry.spec
        answer = await parts.asking.ask(
            caller, GetState(entry.id), topic=_REQUESTS, key=entry.id, partition=spec.partition
        )
        if isinstance(answer.record, RequestRefused):
            raise refusal_of(answer.record)
        if not isinstance(answer.record, TwinState):
            raise Problem("worker_silent", f"no worker answered for twin {spec.name} in time")
        return json_answer(state_view(answer.record))

    @api.post(
        "/v1/twins/{ref}/joint-command",
        summary="Give joints set points",
        **documented(
            AppliedView,
            404,
            409,
            example=APPLIED,
            body=json_content(JointCommandBody, JOINT_COMMAND),
            body_required=True,
            pending=True,
        ),
    )
    async def joint_command(
        request: Request, ref: str, caller: Annotated[Caller, permit("twins.command")]
    ) -> Response:
        wanted, body = await json_body(request, JointCommandBody, example=JOINT_COMMAND)
        entry = _running(parts, caller, ref)
        targets = [
            JointTarget(joint, JointMode(target.mode), target.value)
            for joint, target in wanted.targets.items()
        ]
        command = SetJointCommand(
            entry.id, caller.command_id, targets, effect_time_ns=_ns(wanted.effect_time)
        )
        return await _told(parts, outcomes, log, caller, entry, command, body)

    @api.post(
        "/v1/twins/{ref}/reset",
        summary="Set a running twin's state",
        **documented(
            AppliedView, 404, 409, example=APPLIED, body=json_content(ResetBody, RESET), pending=True
        ),
    )
    async def reset(request: Request, ref: str, caller: Annotated[Caller, permit("twins.reset")]) -> Response:
        wanted, body = await json_body(request, ResetBody, example=RESET)
        entry = _running(parts, caller, ref)
        if not wanted.to_initial and not wanted.values:
            detail = "nothing to reset: set to_initial, or name values"
            raise Problem("invalid_request", detail, remedy=such_as(RESET))
        command = ResetState(
            entry.id,
            caller.command_id,
            wanted.to_initial,
            wanted.values,
            effect_time_ns=_ns(wanted.effect_time),
        )
        return await _told(parts, outcomes, log, caller, entry, command, body)

    @api.post(
        "/v1/twins/{ref}/rate",
        summary="Change a running twin's tick rate",
        **documented(
            AppliedView,
            404,
            409,
            example=APPLIED,
            body=json_content(RateBody, RATE),
            body_required=True,
            pending=True,
        ),
    )
    async def rate(request: Request, ref: str, caller: Annotated[Caller, permit("twins.rate")]) -> Response:
        wanted, body = await json_body(request, RateBody, example=RATE)
        entry = _running(parts, caller, ref)
        hertz = Fraction(str(wanted.rate_hz)).limit_denominator(1_000_000)
        command = SetRate(entry.id, caller.command_id, hertz.numerator, hertz.denominator, wanted.reason)
        return await _told(parts, outcomes, log, caller, entry, command, body)

    return api


async def _told(
    parts: Parts,
    outcomes: Outcomes,
    log: CommandLog,
    caller: Caller,
    entry: TwinEntry,
    command: SetJointCommand | ResetState | SetRate,
    body: bytes,
) -> Response:
    """Send a command, and answer with what became of it; 202 when that isn't known in time."""
    question, partition = caller.question(body, twin=entry.id), entry.spec.partition
    outcome: Outcome | None = None
    # from here on: an answer to an earlier try may come while that is looked for
    with outcomes.expecting(question) as heard:
        if caller.idempotency_key is not None:
            outcome = await log.repeated(question, partition)
        if outcome is None:
            due = asyncio.get_running_loop().time() + parts.settings.api_gateway.deadline_ms / 1000
            await parts.asking.tell(
                caller, command, topic=_COMMANDS, key=entry.id, partition=partition, body=body
            )
            try:
                async with asyncio.timeout_at(due):
                    outcome = await heard
            except TimeoutError:
                if caller.idempotency_key is not None:
                    outcome = await _before(log, question, partition)
    if isinstance(outcome, CommandRefused):
        raise refusal_of(outcome)
    return pending(caller) if outcome is None else json_answer(applied_view(outcome))


async def _before(log: CommandLog, question: Question, partition: int) -> Outcome | None:
    """What became of the same request long ago, as far as that can be found out now."""
    try:
        return await log.repeated(question, partition, thorough=True)
    except Problem as problem:
        if problem.code != "unavailable":
            raise
        return None


def _running(parts: Parts, caller: Caller, ref: str) -> TwinEntry:
    """A twin that should run.

    Raises:
        Problem: `twin_not_found`, `not_running`.
    """
    entry = parts.model.twin(caller.org, ref)
    if entry is None:
        raise not_found("twin_not_found", ref)
    if entry.spec.desired is not Desired.RUNNING:
        raise Problem("not_running", f"twin {entry.spec.name} isn't running")
    return entry


def _ns(moment: str | None) -> int | None:
    """An RFC 3339 time in ns since the Unix epoch."""
    if moment is None:
        return None
    elapsed = datetime.fromisoformat(moment) - _EPOCH
    return (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000_000 + elapsed.microseconds * 1000
