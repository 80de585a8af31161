"""Problems as answers: `application/problem+json` for everything that isn't success."""

from __future__ import annotations

import re

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api_gateway.domain.problems import remedy_of
from api_gateway.errors import FieldError, Problem

MEDIA_TYPE = "application/problem+json"
_OF_STATUS = {404: "not_found", 405: "method_not_allowed", 406: "not_acceptable", 413: "body_too_large"}


def answer(problem: Problem, path: str, request_id: str) -> Response:
    """The response that tells of a problem."""
    body = {
        "type": f"/problems/{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "instance": path,
        "remedy": problem.remedy or _usual_remedy(problem),
        "request_id": request_id,
        "errors": [{"field": e.field, "line": e.line, "message": e.message} for e in problem.errors],
        **problem.extra,
    }
    return Response(orjson.dumps(body), problem.status, problem.headers, media_type=MEDIA_TYPE)


def _usual_remedy(problem: Problem) -> str:
    if problem.code == "invalid_request" and not problem.errors:
        return "Correct what the detail names"
    return remedy_of(problem.code)


async def on_problem(request: Request, error: Exception) -> Response:
    """Starlette's handler of `Problem`."""
    assert isinstance(error, Problem)
    return answer(error, request.scope["path"], request.scope.get("request_id", ""))


async def on_http(request: Request, error: Exception) -> Response:
    """Starlette's handler of its own refusals: unknown paths, wrong methods."""
    assert isinstance(error, HTTPException)
    code = _OF_STATUS.get(error.status_code, "bad_request" if error.status_code < 500 else "internal")
    detail = f"{request.method} {request.scope['path']}: {error.detail}"
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods(request))
    problem = Problem(code, detail, headers=headers, status=error.status_code)
    return answer(problem, request.scope["path"], request.scope.get("request_id", ""))


def _methods(request: Request) -> list[str]:
    """Every method of a path; a router by itself knows only those of one operation."""
    found: set[str] = set()
    for template, operations in request.app.openapi()["paths"].items():
        if re.fullmatch(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template)), request.scope["path"]):
            found.update(method.upper() for method in operations)
    return sorted(found)


async def on_invalid(request: Request, error: Exception) -> Response:
    """FastAPI's handler of parameters that aren't what the path or query asks for."""
    assert isinstance(error, RequestValidationError)
    fields = [FieldError(field_path(e["loc"][1:]), e["msg"]) for e in error.errors()]
    return await on_problem(request, invalid(fields))


def invalid(errors: list[FieldError], remedy: str | None = None) -> Problem:
    """What is wrong in a request, by field."""
    first = errors[0]
    detail = f"{first.field}: {first.message}" if first.field else first.message
    return Problem("invalid_request", detail, remedy=remedy, errors=errors)


def field_path(location: tuple[int | str, ...]) -> str:
    """`sources[0].name` of `("sources", 0, "name")`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
