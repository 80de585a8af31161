"""Bodies, read once the caller is known: their type, their JSON, and what is wrong in them by field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from api_gateway.errors import FieldError, Problem
from api_gateway.handlers.problems import field_path, invalid

JSON_TYPES = ("application/json",)
M = TypeVar("M", bound=BaseModel)


async def raw_body(request: Request) -> bytes:
    """The whole body.

    Raises:
        Problem: `incomplete_body`: the caller went away in the middle of it.
    """
    try:
        return await request.body()
    except ClientDisconnect:
        raise Problem(
            "incomplete_body", "the connection ended before the body did; nothing was done"
        ) from None


def media_type(request: Request, allowed: Sequence[str]) -> str:
    """The body's type without parameters; the first allowed one when the header is missing.

    Raises:
        Problem: `unsupported_media_type`.
    """
    header = request.headers.get("content-type")
    if header is None:
        return allowed[0]
    sent = header.partition(";")[0].strip().lower()
    if sent not in allowed:
        raise Problem(
            "unsupported_media_type", f"{sent[:80]!r} isn't taken here; send {' or '.join(allowed)}"
        )
    return sent


async def json_body(
    request: Request, model: type[M], *, types: Sequence[str] = JSON_TYPES, example: object = None
) -> tuple[M, bytes]:
    """A JSON object as a model, and its bytes. An empty body is an empty object.

    Args:
        request: its body isn't read yet.
        model: what it shall be.
        types: of content that are taken.
        example: of the right shape, for the remedy.

    Raises:
        Problem: `unsupported_media_type`, `invalid_json`, `invalid_request` with the fields that are wrong.
    """
    body = await raw_body(request)
    if body:
        media_type(request, types)
    try:
        return model.model_validate_json(body or b"{}"), body
    except ValidationError as error:
        raise _wrong(error, example) from None


def json_object(body: bytes) -> dict[str, Any]:
    """A JSON object of any keys.

    Raises:
        Problem: `invalid_json`, or `invalid_request` when it isn't an object.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem("invalid_json", f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    if not isinstance(value, dict):
        raise invalid([FieldError("", f"the body is a JSON object, not {type(value).__name__}")])
    return value


def such_as(example: object) -> str:
    """The remedy that shows the right shape."""
    return f"Send a body such as {orjson.dumps(example).decode()}"


def _wrong(error: ValidationError, example: object) -> Problem:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return Problem("invalid_json", found[0]["msg"])
    fields = []
    for each in found:
        message = (
            "unknown field"
            if each["type"] == "extra_forbidden"
            else each["msg"].removeprefix("Value error, ")
        )
        fields.append(FieldError(field_path(each["loc"]), message))
    return invalid(fields, None if example is None else such_as(example))
