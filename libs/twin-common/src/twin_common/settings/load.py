"""Reads the config file and the environment into `Settings`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from twin_common.errors import SettingsError
from twin_common.settings.keys import NOT_SETTINGS, PREFIX, leaves, nearest, variable
from twin_common.settings.model import Settings
from twin_common.settings.profile import check_profile
from twin_common.yaml_lines import Document, YamlError, parse_yaml, show_path

DEFAULT_FILE = Path("/etc/hanzo-twin/config.yaml")

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def load_settings(file: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Load, check and freeze the settings.

    Defaults, then the file (`file`, else `$HANZO_TWIN_CONFIG`, else /etc/hanzo-twin/config.yaml when it
    exists), then `HANZO_TWIN_<SECTION>_<KEY>` variables. `${NAME}` in a text of the file stands for that
    environment variable.

    Args:
        file: the config file; it must exist when given.
        environ: the environment; the process's when None.

    Raises:
        SettingsError: the file can't be read, a key or variable is unknown, a value is wrong, or the security
            profile doesn't allow the configured endpoints.
    """
    environ = os.environ if environ is None else environ
    document, name = _read(file, environ)
    values = document.value
    _expand(values, (), environ, document, name)
    origins = _override(values, environ)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_explain(error, document, name, origins)) from None
    check_profile(settings)
    return settings


def _read(file: Path | None, environ: Mapping[str, str]) -> tuple[Document, str]:
    configured = environ.get("HANZO_TWIN_CONFIG")
    path = file or (Path(configured) if configured else DEFAULT_FILE)
    if file is None and not configured and not path.exists():
        return Document({}), str(path)
    try:
        document = parse_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"can't read the config file {path}: {error}") from None
    except YamlError as error:
        at = f", line {error.line}" if error.line else ""
        raise SettingsError(f"{path}{at}: {show_path(error.path)}: {error.message}") from None
    if document.value is None:
        document.value = {}
    if not isinstance(document.value, dict):
        raise SettingsError(f"{path}: the config file must be a mapping of sections such as `stream:`")
    for section, body in list(document.value.items()):
        if body is None:  # a section whose keys are all commented out
            document.value[section] = {}
    return document, str(path)


def _expand(
    value: Any, path: tuple[str | int, ...], environ: Mapping[str, str], document: Document, name: str
) -> None:
    """Replace `${NAME}` in every text below `value`, in place."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(items):
        here = (*path, key)
        if isinstance(item, str):

            def substitute(match: re.Match[str], here: tuple[str | int, ...] = here) -> str:
                found = environ.get(match[1])
                if found is None:
                    where = f"{name}, line {document.line(here)}: {show_path(here)}"
                    raise SettingsError(f"{where}: ${{{match[1]}}} isn't set in the environment")
                return found

            value[key] = _REFERENCE.sub(substitute, item)
        else:
            _expand(item, here, environ, document, name)


def _override(values: dict[str, Any], environ: Mapping[str, str]) -> dict[tuple[str | int, ...], str]:
    """Write the variables over the file's values; returns which path came from which variable."""
    known = {variable(path): path for path in leaves(Settings)}
    origins: dict[tuple[str | int, ...], str] = {}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in NOT_SETTINGS:
            continue
        if name not in known:
            raise SettingsError(f"unknown environment variable {name}{nearest(name, known)}")
        path = known[name]
        section = values
        for step in path[:-1]:
            inner = section.setdefault(step, {})
            if not isinstance(inner, dict):
                break  # the file's value is wrong anyway, and validation will say so
            section = inner
        else:
            section[path[-1]] = _typed(environ[name])
            origins[path] = name
    return origins


def _typed(text: str) -> Any:
    """A list is written as YAML (`[0, 1]`); everything else is text that the model converts."""
    if text.lstrip().startswith("["):
        try:
            return parse_yaml(text).value
        except YamlError:
            return text
    return text


def _explain(
    error: ValidationError, document: Document, name: str, origins: Mapping[tuple[str | int, ...], str]
) -> str:
    known = {".".join(path) for path in leaves(Settings)} | set(Settings.model_fields)
    lines = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        path = tuple(problem["loc"])
        shown = show_path(path)
        message = problem["msg"]
        if problem["type"] == "extra_forbidden":
            message = f"unknown key{nearest(shown, known)}"
        line = document.line(path)
        origin = origins.get(path) or (f"{name}, line {line}" if line else name)
        lines.append(f"{origin}: {shown}: {message}")
    return "\n".join(lines)
