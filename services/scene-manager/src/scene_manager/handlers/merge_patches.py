"""Reading a JSON merge patch that anybody may have written."""

from __future__ import annotations

import json
import math
from typing import Any

from scene_manager.errors import Refused
from twin_common.yaml_lines import MAX_CHARS, Document, Path, YamlError, parse_yaml


def read_patch(text: str) -> Document:
    """The values of a merge patch (RFC 7396), with their lines as far as they are known.

    Raises:
        Refused: `invalid_patch`: it isn't a JSON object, or is too large.
    """
    if len(text) > MAX_CHARS:
        raise _invalid(f"it has {len(text)} characters; at most {MAX_CHARS} are read")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        raise _invalid(f"{error.msg} in column {error.colno}", error.lineno) from error
    except RecursionError:
        raise _invalid("it is nested too deeply") from None
    except ValueError as error:
        raise _invalid(str(error)) from error
    if not isinstance(value, dict):
        raise _invalid('it is a JSON object such as {"tags": ["line-3"]}')
    return Document(value, _lines(text))


def _lines(text: str) -> dict[Path, int]:
    """The lines of most JSON that people write, which is YAML as well."""
    try:
        lines = parse_yaml(text).lines
    except YamlError:
        return {}
    lines.pop((), None)  # what the patch doesn't mention has no line
    return lines


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a key is written twice")
    return values


def _constant(name: str) -> None:
    raise ValueError(f"{name} isn't a finite number")


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits[:40]} isn't a finite number")
    return value


def _integer(digits: str) -> int:
    if len(digits) > 20 or not -(2**63) <= (value := int(digits)) < 2**63:
        raise ValueError(f"{digits[:40]} doesn't fit in 64 bits")
    return value


def _invalid(why: str, line: int | None = None) -> Refused:
    return Refused("invalid_patch", f"the patch can't be read: {why}", field="patch", line=line)
