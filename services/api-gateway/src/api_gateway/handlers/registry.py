"""The schema registry's paths, as Confluent's REST API has them: read-only, no token, nothing of anybody's twins.

Their own documentation describes them, so they stand outside of ours; unknown query parameters are ignored, as
stock clients expect.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import orjson
from fastapi import APIRouter, Query
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from api_gateway.domain.ports import Parts
from api_gateway.domain.registry import LATEST, Entry, Registry, RegistryError
from api_gateway.errors import Problem
from api_gateway.handlers.registry_bodies import SentSchemas

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
_COMPATIBILITY = "BACKWARD_TRANSITIVE"
_WRITES = (
    ("POST", "/subjects/{subject}/versions/{version}"),
    ("DELETE", "/subjects/{subject}"),
    ("DELETE", "/subjects/{subject}/versions/{version}"),
    ("PUT", "/config"),
    ("DELETE", "/config"),
    ("PUT", "/config/{subject}"),
    ("DELETE", "/config/{subject}"),
    ("PUT", "/mode"),
    ("PUT", "/mode/{subject}"),
    ("DELETE", "/mode/{subject}"),
)


def router(parts: Parts, registry: Registry | None = None) -> APIRouter:
    """Every path.

    Args:
        parts: of the gateway.
        registry: what is served; the catalogue when None.
    """
    known = registry or Registry.of_catalogue(parts.settings.stream.topic_prefix)
    api = APIRouter(include_in_schema=False, route_class=_RegistryRoute)
    _read_subjects(api, known)
    _look_up(api, known, SentSchemas(parts.clock))
    _read_schemas(api, known)
    _read_settings(api, known)
    for method, path in _WRITES:
        api.add_api_route(path, _read_only, methods=[method])
    return api


def _read_subjects(api: APIRouter, known: Registry) -> None:
    @api.get("/subjects")
    async def subjects(prefix: str = Query("", alias="subjectPrefix")) -> Response:
        return _answer(known.subjects("" if prefix == ":*:" else prefix))

    @api.get("/subjects/{subject}/versions")
    async def versions(subject: str) -> Response:
        return _answer([entry.version for entry in known.versions(subject)])

    @api.get("/subjects/{subject}/versions/{version}")
    async def version(subject: str, version: str) -> Response:
        return _answer(_described(subject, known.version(subject, _number(version))))

    @api.get("/subjects/{subject}/versions/{version}/schema")
    async def text(subject: str, version: str) -> Response:
        return Response(known.version(subject, _number(version)).schema, media_type=MEDIA_TYPE)

    @api.get("/subjects/{subject}/versions/{version}/referencedby")
    async def referenced_by(subject: str, version: str) -> Response:
        known.version(subject, _number(version))
        return _answer([])


def _look_up(api: APIRouter, known: Registry, sent: SentSchemas) -> None:
    @api.post("/subjects/{subject}")
    async def lookup(subject: str, request: Request) -> Response:
        return _answer(_described(subject, known.lookup(subject, await sent.read(request))))

    @api.post("/subjects/{subject}/versions")
    async def register(subject: str, request: Request) -> Response:
        """What is there already may be registered again, as in any registry; nothing is added."""
        try:
            return _answer({"id": known.lookup(subject, await sent.read(request)).id})
        except RegistryError as error:
            if error.code // 100 != 404:
                raise
        raise _refused(subject)


def _read_schemas(api: APIRouter, known: Registry) -> None:
    @api.get("/schemas/types")
    async def types() -> Response:
        return _answer(["AVRO"])

    @api.get("/schemas/ids/{wire_id}")
    async def schema(wire_id: int) -> Response:
        """The `subject` that clients send along is only what they guess from the topic's name: ids are enough."""
        return _answer({"schema": known.schema(wire_id).schema})

    @api.get("/schemas/ids/{wire_id}/schema")
    async def text(wire_id: int) -> Response:
        return Response(known.schema(wire_id).schema, media_type=MEDIA_TYPE)

    @api.get("/schemas/ids/{wire_id}/subjects")
    async def subjects(wire_id: int) -> Response:
        return _answer([subject for subject, _ in known.where(wire_id)])

    @api.get("/schemas/ids/{wire_id}/versions")
    async def versions(wire_id: int) -> Response:
        return _answer(
            [{"subject": subject, "version": version} for subject, version in known.where(wire_id)]
        )


def _read_settings(api: APIRouter, known: Registry) -> None:
    @api.get("/config")
    async def config() -> Response:
        return _answer({"compatibilityLevel": _COMPATIBILITY})

    @api.get("/config/{subject}")
    async def subject_config(subject: str, whole: bool = Query(False, alias="defaultToGlobal")) -> Response:
        if not whole:
            raise RegistryError(
                40408, f"Subject '{subject}' does not have subject-level compatibility configured"
            )
        known.versions(subject)
        return _answer({"compatibilityLevel": _COMPATIBILITY})

    @api.get("/mode")
    async def mode() -> Response:
        return _answer({"mode": "READONLY"})

    @api.get("/mode/{subject}")
    async def subject_mode(subject: str, whole: bool = Query(False, alias="defaultToGlobal")) -> Response:
        if not whole:
            raise RegistryError(40409, f"Subject '{subject}' does not have subject-level mode configured")
        known.versions(subject)
        return _answer({"mode": "READONLY"})


async def _read_only(request: Request) -> Response:
    raise _refused(request.path_params.get("subject", "*"))


class _RegistryRoute(APIRoute):
    """Answers errors as a registry does, not as the rest of the API."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with its errors answered."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except RegistryError as error:
                return _answer({"error_code": error.code, "message": str(error)}, error.code // 100)
            except Problem as problem:
                body = {"error_code": problem.status * 100, "message": problem.detail}
                return _answer(body, problem.status, problem.headers)
            except RequestValidationError as error:
                wrong = error.errors()[0]
                message = f"{wrong['loc'][-1]}: {wrong['msg']}"
                return _answer({"error_code": 422, "message": message}, 422)

        return answered


def _number(text: str) -> int:
    if text in ("latest", "-1"):
        return LATEST
    if text.isascii() and text.isdigit() and 1 <= int(text[:11]) < 2**31:
        return int(text)
    raise RegistryError(
        42202,
        f"The specified version '{text[:80]}' is not a valid version id. Allowed: [1, 2^31-1] and \"latest\"",
    )


def _refused(subject: str) -> RegistryError:
    return RegistryError(
        42205,
        f"Subject {subject} is in read-only mode: schemas of this catalogue are released with the software, "
        "see its CONTRIBUTING.md",
    )


def _described(subject: str, entry: Entry) -> dict[str, object]:
    return {"subject": subject, "version": entry.version, "id": entry.id, "schema": entry.schema}


def _answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, media_type=MEDIA_TYPE)
