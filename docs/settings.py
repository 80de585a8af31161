"""Writes docs/settings.md from the settings themselves: python docs/settings.py"""

from __future__ import annotations

import sys
import typing
from pathlib import Path
from types import UnionType
from typing import Any, Literal

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from twin_common.settings import Settings
from twin_common.settings.keys import variable

PAGE = Path(__file__).with_name("settings.md")

_HEAD = """# Settings

Every service reads the same tree: defaults, then the YAML file that `HANZO_TWIN_CONFIG` names, then environment
variables. The file has the paths below as nested keys; an unknown key or variable is an error that names the nearest
known one. This page is written by `python docs/settings.py`; don't edit it.
"""
_TABLE = "| setting | variable | value | default | meaning |\n|---|---|---|---|---|"


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for name, field in Settings.model_fields.items():
        section = field.annotation
        assert isinstance(section, type)
        assert issubclass(section, BaseModel)
        rows = "\n".join(_rows(section, (name,)))
        title = (section.__doc__ or "").strip().splitlines()[0]
        parts.append(f"## `{name}`\n\n{title}\n\n{_TABLE}\n{rows}\n")
    return "\n".join(parts)


def _rows(section: type[BaseModel], path: tuple[str, ...]) -> list[str]:
    found = []
    for name, field in section.model_fields.items():
        here = (*path, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found += _rows(field.annotation, here)
        else:
            cells = (f"`{'.'.join(here)}`", f"`{variable(here)}`", _kind(field.annotation), _default(field))
            found.append(f"| {' | '.join((*cells, (field.description or '').replace('|', '&#124;')))} |")
    return found


def _kind(annotation: Any) -> str:
    if typing.get_origin(annotation) is Literal:
        return " or ".join(f"`{value}`" for value in typing.get_args(annotation))
    if isinstance(annotation, UnionType) or typing.get_origin(annotation) in (typing.Union, tuple):
        inner = [kind for kind in typing.get_args(annotation) if kind not in (type(None), Ellipsis)]
        listed = typing.get_origin(annotation) is tuple
        return ("list of " if listed else "") + " or ".join(_kind(kind) for kind in inner)
    names = {str: "text", int: "whole number", float: "number", bool: "true or false", SecretStr: "secret"}
    return names[annotation]


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None or value == "":
        return "unset"
    if isinstance(value, SecretStr):
        return "for this machine only"
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in value) or "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
