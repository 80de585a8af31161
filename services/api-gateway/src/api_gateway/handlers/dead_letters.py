"""Dead letters: records that a service gave up on. Look at them, and send one again once its cause is mended."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from api_gateway.domain.caller import Caller
from api_gateway.domain.letters import PATTERN, Content, Letter, LetterId, Letters, Viewer
from api_gateway.domain.moments import rfc3339
from api_gateway.domain.ports import Parts
from api_gateway.errors import Problem
from api_gateway.handlers.access import permit
from api_gateway.handlers.answers import json_answer
from api_gateway.handlers.routes import documented, routes
from twin_common.bus.envelope import TOKEN_HEADER
from twin_schemas.catalogue import topic
from twin_schemas.codec import decode
from twin_schemas.errors import SchemaError
from twin_schemas.jsonform import to_json

_READ, _REDRIVE = "dead_letters.read", "dead_letters.redrive"


class RedrivenModel(BaseModel):
    """It was sent again."""

    actor: str
    at: str


class LetterModel(BaseModel):
    """A dead letter."""

    id: str
    topic: str
    partition: int
    offset: int
    type: str | None
    schema_id: int | None
    code: str
    message: str
    service: str
    attempts: int
    at: str
    redriven: list[RedrivenModel]


class LetterPage(BaseModel):
    """Dead letters, the newest first."""

    items: list[LetterModel]
    next_cursor: str | None


class WholeLetter(LetterModel):
    """A dead letter with what it keeps; `key` and `value` in base64, `decoded` when the value can be read."""

    key: str | None
    value: str | None
    decoded: dict[str, Any] | None
    headers: dict[str, str]


class PlaceModel(BaseModel):
    """Where the record lies now."""

    topic: str
    partition: int
    offset: int


_COMMANDS: Final = topic("control.commands").physical()
_LETTER: Final = {
    "id": "0-17",
    "topic": _COMMANDS,
    "partition": 3,
    "offset": 911,
    "type": "CreateTwin",
    "schema_id": 59,
    "code": "corrupt_record",
    "message": "CreateTwin (schema id 59, 61 bytes): Expected 512 bytes, read 48",
    "service": "scene-manager",
    "attempts": 1,
    "at": "2026-11-21T12:20:26.123456Z",
    "redriven": [{"actor": "developer", "at": "2026-11-21T12:30:00.000000Z"}],
}
PAGE: Final = {"items": [_LETTER], "next_cursor": None}
WHOLE: Final = {
    **_LETTER,
    "key": "YXJt",
    "value": "AAAAADsIcGFydA==",
    "decoded": None,
    "headers": {"ce_id": "019aa7c1-61b4-7e02-8a55-90c1d2e3f401", "ce_type": "CreateTwin", "ce_org": "acme"},
}
PLACE: Final = {"topic": _COMMANDS, "partition": 3, "offset": 1024}


def router(parts: Parts, letters: Letters) -> APIRouter:
    """`/v1/dead-letters`."""
    api = routes("dead letters")
    platform = parts.settings.security.organization

    async def found(caller: Caller, id: str) -> Letter:  # noqa: A002 (it is the letter's id)
        known = LetterId.parse(id)
        letter = None if known is None else await letters.find(Viewer.of(caller, platform), known)
        if letter is None:
            raise _missing(id)
        return letter

    async def kept(letter: Letter) -> Content:
        content = await letters.content(letter)
        if content is None:
            raise _missing(str(letter.id))
        return content

    @api.get(
        "/v1/dead-letters",
        summary="Dead letters of your organization",
        **documented(LetterPage, example=PAGE),
    )
    async def list_letters(
        caller: Annotated[Caller, permit(_READ)],
        topic: Annotated[
            str | None,
            Query(max_length=300, description="Only those of this topic, such as `control.commands`."),
        ] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        cursor: Annotated[
            str | None, Query(pattern=f"^{PATTERN}$", description="`next_cursor` of the page before.")
        ] = None,
    ) -> Response:
        before = None if cursor is None else LetterId.parse(cursor)
        page = letters.page(Viewer.of(caller, platform), topic, before, limit + 1)
        more = str(page[limit - 1].id) if len(page) > limit else None
        return json_answer({"items": [_shown(letter) for letter in page[:limit]], "next_cursor": more})

    @api.get(
        "/v1/dead-letters/{id}",
        summary="A dead letter with what it keeps",
        **documented(WholeLetter, 404, example=WHOLE),
    )
    async def show(id: str, caller: Annotated[Caller, permit(_READ)]) -> Response:  # noqa: A002
        letter = await found(caller, id)
        return json_answer({**_shown(letter), **_opened(await kept(letter))})

    @api.post(
        "/v1/dead-letters/{id}/redrive",
        summary="Send a dead letter's record to its topic again, in your name",
        **documented(PlaceModel, 404, 409, example=PLACE),
    )
    async def redrive(id: str, caller: Annotated[Caller, permit(_REDRIVE)]) -> Response:  # noqa: A002
        """The record keeps its id, so it has its effect once. A command to a running twin is sent again once only. The
        service that acts on it checks that you may do what it asks for.
        """
        letter = await found(caller, id)
        content = await kept(letter)
        parts.audit.note(caller, str(letter.id))
        place = await letters.redrive(caller, letter, content)
        return json_answer(place._asdict())

    return api


def _missing(id: str) -> Problem:  # noqa: A002 (it is the letter's id)
    return Problem("dead_letter_not_found", f"there is no dead letter {id[:80]!r} of your organization")


def _shown(letter: Letter) -> dict[str, Any]:
    return {
        "id": str(letter.id),
        "topic": letter.origin.topic,
        "partition": letter.origin.partition,
        "offset": letter.origin.offset,
        "type": letter.type,
        "schema_id": letter.schema_id,
        "code": letter.code,
        "message": letter.message,
        "service": letter.service,
        "attempts": letter.attempts,
        "at": rfc3339(letter.at_ns),
        "redriven": [{"actor": times.actor, "at": rfc3339(times.at_ns)} for times in letter.redriven],
    }


def _opened(content: Content) -> dict[str, Any]:
    try:
        decoded = None if content.value is None else to_json(decode(content.value))
    except SchemaError:
        decoded = None
    return {
        "key": _base64(content.key),
        "value": _base64(content.value),
        "decoded": decoded,
        "headers": {
            name: value.decode(errors="backslashreplace")
            for name, value in content.headers.items()
            if name.lower() != TOKEN_HEADER
        },
    }


def _base64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()
