"""From YAML text to a checked definition, with errors that name path and line."""

from __future__ import annotations

import types
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from twin_common.definition.model import TwinDefinition
from twin_common.definition.rules import problems
from twin_common.errors import DefinitionError
from twin_common.settings.keys import nearest
from twin_common.yaml_lines import Document, Path, YamlError, parse_yaml, show_path

_MAX_SHOWN = 20


def parse_twin(text: str, filename: str = "twin.yaml") -> TwinDefinition:
    """Read a twin definition.

    Args:
        text: YAML, as the standard's Twin Definition Schema.
        filename: for messages.

    Raises:
        DefinitionError: it isn't YAML, has unknown or wrong values, or asks for what isn't supported;
            `problems` has one (path, message, line) for each thing wrong.
    """
    try:
        document = parse_yaml(text)
    except YamlError as error:
        raise _error(filename, [(error.path, error.message, error.line)]) from None
    return check_twin(document, filename)


def check_twin(document: Document, filename: str = "twin.yaml") -> TwinDefinition:
    """A twin definition of values that were read already; their lines are for messages.

    Raises:
        DefinitionError: as `parse_twin`.
    """
    if not isinstance(document.value, dict):
        raise _error(filename, [((), "a twin definition is a mapping that begins with `name:`", 1)])
    try:
        twin = TwinDefinition.model_validate(document.value)
    except ValidationError as error:
        raise _error(filename, list(_located(error, document))) from None
    found = [(path, message, document.line(path)) for path, message in problems(twin)]
    if found:
        raise _error(filename, found)
    return twin


def _located(error: ValidationError, document: Document) -> Iterator[tuple[Path, str, int | None]]:
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        path = document.locate(problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            message = f"unknown key{nearest(str(path[-1]) if path else '', _known_keys())}"
        elif problem["type"] == "missing":
            message = "is missing"
        yield path, message, document.line(path)


def _error(filename: str, found: list[tuple[Path, str, int | None]]) -> DefinitionError:
    found.sort(key=lambda problem: problem[2] or 0)
    shown = [(show_path(path), message, line) for path, message, line in found]
    lines = [
        f"{filename}: {path}{': ' if path else ''}{message}{f'  (line {line})' if line else ''}"
        for path, message, line in shown[:_MAX_SHOWN]
    ]
    if len(shown) > _MAX_SHOWN:
        lines.append(f"{filename}: and {len(shown) - _MAX_SHOWN} more")
    return DefinitionError("\n".join(lines), tuple(shown))


@cache
def _known_keys() -> frozenset[str]:
    """Every key that occurs anywhere in a definition."""
    keys: set[str] = set()
    seen: set[type[BaseModel]] = set()

    def visit(kind: Any) -> None:
        if (
            isinstance(kind, type)
            and not isinstance(kind, types.GenericAlias)
            and issubclass(kind, BaseModel)
        ):
            if kind not in seen:
                seen.add(kind)
                for name, info in kind.model_fields.items():
                    keys.add(name)
                    visit(info.annotation)
        else:
            for inner in get_args(kind):
                visit(inner)

    visit(TwinDefinition)
    return frozenset(keys)
