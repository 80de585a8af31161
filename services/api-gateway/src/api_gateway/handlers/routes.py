"""Routers of this API: unknown query parameters are refused, and every operation documents its answers.

```python
api = routes("twins")

@api.get("/v1/twins/{ref}/state", summary="...", **documented(StateView, 404, 409, 504))
async def state(ref: str, caller: Annotated[Caller, permit("twins.read")]) -> Response: ...
```
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, get_args, get_origin

from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from api_gateway.errors import FieldError
from api_gateway.handlers.problems import MEDIA_TYPE, invalid
from api_gateway.handlers.shortcut import shortcut
from twin_common.telemetry import span

ALWAYS = (400, 401, 403, 422, 429, 500, 503)
"""What every operation that asks for a token may answer, beside success."""
WITH_BODY = (408, 413, 415)

_MEANING = {
    202: "The command is on its way; see Location",
    304: "Not changed since the ETag of If-None-Match",
    307: "Elsewhere; see Location",
    400: "The request can't be read",
    401: "No valid token",
    403: "Not allowed",
    404: "Nothing there",
    405: "Not done with this method",
    408: "The body came too slowly",
    409: "Not possible as things are",
    410: "Not kept any more",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Wrong content type",
    422: "Something in the request is wrong",
    429: "Too many requests",
    500: "Something went wrong here",
    503: "Not available now",
    504: "The owner didn't answer",
}


class StrictRoute(APIRoute):
    """A route that knows all its query parameters, and traces what it does."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the check."""
        handle = shortcut(self.dependant) or super().get_route_handler()
        single = {
            field.alias: not _is_list(field.field_info.annotation) for field in self.dependant.query_params
        }

        name = f"{'/'.join(sorted(self.methods or ()))} {self.path}"

        async def strict(request: Request) -> Response:
            if request.scope["query_string"] and (wrong := _wrong(request.query_params, single)):
                raise invalid(wrong)
            with span(name, parent=request.headers.get("traceparent"), root=True, kind="server"):
                return await handle(request)

        return strict


def _wrong(given: QueryParams, single: Mapping[str, bool]) -> list[FieldError]:
    """What is unknown, and what is given twice though only once makes sense."""
    allowed = ", ".join(sorted(single)) or "none"
    return [
        FieldError(
            name, "given more than once" if name in single else f"unknown query parameter; known: {allowed}"
        )
        for name in sorted(set(given))
        if name not in single or (single[name] and len(given.getlist(name)) > 1)
    ]


def _is_list(annotation: Any) -> bool:
    return any(get_origin(part) is list for part in (annotation, *get_args(annotation)))


def routes(tag: str) -> APIRouter:
    """An empty router; `tag` is its heading in the documentation."""
    return APIRouter(tags=[tag], route_class=StrictRoute)


def documented(
    answer: type[BaseModel] | None,
    *problems: int,
    status: int = 200,
    example: object = None,
    body: Mapping[str, Any] | None = None,
    body_required: bool = False,
    pending: bool = False,
    token: bool = True,
) -> dict[str, Any]:
    """What an operation's decorator is given beside path and summary.

    Args:
        answer: model of success; None: it has no body.
        problems: statuses that it may answer with, beside those that all have (`ALWAYS`, and `WITH_BODY` with a body).
        status: of success.
        example: of success.
        body: the request body by content type: `json_content(Model, example)` or an OpenAPI media type object.
        body_required: whether there has to be a body.
        pending: whether it may answer 202 with a link to the command.
        token: whether it needs a token.
    """
    success: dict[str, Any] = {
        "description": "Done" if answer is None else (answer.__doc__ or "").partition("\n")[0]
    }
    if answer is not None:
        success["model"] = answer
        if example is not None:
            success["content"] = {"application/json": {"example": example}}
    responses: dict[int | str, dict[str, Any]] = {status: success}
    statuses = {*problems, *(ALWAYS if token else (422, 500)), *(WITH_BODY if body is not None else ())}
    for number in sorted(statuses):
        responses[number] = {"description": _MEANING[number]}
        if number >= 400:
            responses[number]["content"] = {
                MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemView"}}
            }
    if pending:
        schema = {"$ref": "#/components/schemas/PendingView"}
        responses[202] = {"description": _MEANING[202], "content": {"application/json": {"schema": schema}}}
    extra: dict[str, Any] = {"security": [{"bearer": []}] if token else []}
    if body is not None:
        extra["requestBody"] = {"required": body_required, "content": body}
    return {"status_code": status, "response_model": None, "responses": responses, "openapi_extra": extra}


def json_content(
    model: type[BaseModel], example: object, media_type: str = "application/json"
) -> dict[str, Any]:
    """A JSON body that a model describes."""
    return {media_type: {"schema": inlined(model), "example": example}}


def inlined(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a model without references."""
    schema = model.model_json_schema()
    shared = schema.pop("$defs", {})

    def resolve(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return resolve(shared[node["$ref"].rpartition("/")[2]])
            return {key: resolve(value) for key, value in node.items()}
        return [resolve(item) for item in node] if isinstance(node, list) else node

    resolved: dict[str, Any] = resolve(schema)
    return resolved
