"""From the body of a creation to its command: YAML or JSON, checked as far as this needs no control plane."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from typing import Any, Final

from starlette.requests import Request

from api_gateway.errors import FieldError, Problem
from api_gateway.handlers.bodies import json_body, media_type, raw_body
from api_gateway.handlers.examples import DEFINITION, DEFINITION_YAML
from api_gateway.handlers.models import NewTwin
from api_gateway.handlers.problems import invalid
from api_gateway.handlers.routes import inlined
from twin_common.definition import TwinDefinition, check_twin, parse_twin
from twin_common.definition.model import EngineType
from twin_common.errors import DefinitionError
from twin_common.yaml_lines import parse_yaml
from twin_schemas.records import CreateTwin

YAML_TYPES: Final = ("application/yaml", "application/x-yaml", "text/yaml")
JSON_TYPE: Final = "application/json"
_SCENE = re.compile(r"scene:([a-z0-9-]+)|s3://.*?/scenes/([a-z0-9-]+)/.+")

CREATE_BODY: Final[dict[str, Any]] = {
    JSON_TYPE: {"schema": inlined(NewTwin), "example": {"definition": DEFINITION, "scene": "arm"}},
    "application/yaml": {"schema": {"type": "string"}, "example": DEFINITION_YAML},
}


async def command_of(request: Request, asked: CreateTwin) -> tuple[CreateTwin, str, bytes]:
    """The command, the twin's name, and the body as it came.

    Args:
        request: its body isn't read yet.
        asked: what the query says; a JSON body may say it as well.

    Raises:
        Problem: the body isn't a definition; `errors` has each thing that is wrong.
    """
    lines = True
    if media_type(request, (JSON_TYPE, *YAML_TYPES)) == JSON_TYPE:
        new, body = await json_body(request, NewTwin, example={"definition": DEFINITION, "scene": "arm"})
        lines = isinstance(new.definition, str)
        text = new.definition if isinstance(new.definition, str) else json.dumps(new.definition)
        asked = replace(
            asked,
            scene=new.scene or asked.scene,
            scene_version=new.scene_version or asked.scene_version,
            reason=new.reason or asked.reason,
        )
    else:
        body = await raw_body(request)
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise Problem(
                "invalid_definition", f"the definition isn't UTF-8: {error.reason} at byte {error.start}"
            ) from None
    definition = await _parsed(text, lines=lines)
    return replace(asked, definition=text, scene=asked.scene or _scene_of(definition)), definition.name, body


async def _parsed(text: str, *, lines: bool) -> TwinDefinition:
    """Parsed in a thread: a long definition takes a while."""
    try:
        return await asyncio.to_thread(_read, text)
    except DefinitionError as error:
        found = [FieldError(path, message, line if lines else None) for path, message, line in error.problems]
        detail = str(error) if lines else error.without_places
        raise Problem("invalid_definition", detail, errors=found) from None


def _read(text: str) -> TwinDefinition:
    """A definition; which engines are to be had here, the control plane says."""
    try:
        return parse_twin(text)
    except DefinitionError as error:
        if {path for path, _, _ in error.problems} != {"engine.type"}:
            raise
        document = parse_yaml(text)
        engine = document.value.get("engine")
        if not isinstance(engine, dict) or not isinstance(engine.get("type"), str):
            raise
        engine["type"] = EngineType.MUJOCO.value
        return check_twin(document)


def _scene_of(definition: TwinDefinition) -> str:
    match = _SCENE.fullmatch(definition.scene.uri)
    if match is None:
        message = "names no registered scene: give ?scene=<name>, or write scene:<name> or s3://<bucket>/scenes/<name>/<file>"
        raise invalid([FieldError("scene.uri", message)])
    return match[1] or match[2]
