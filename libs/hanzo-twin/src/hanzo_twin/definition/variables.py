"""Settings as variables of a twin's YAML."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from twin_common.settings import Settings
from twin_common.settings.keys import variable


def setting_variables(settings: Settings) -> dict[str, str]:
    """Every setting that is plain text and no secret, under the name of its environment variable."""
    return {variable(path): value for path, value in _texts(settings, ())}


def _texts(section: BaseModel, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from _texts(value, (*path, name))
        elif isinstance(value, str):
            yield (*path, name), value
