"""`${NAME}` and `${NAME:-default}` in a twin's YAML: what differs from place to place stays out of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from twin_common.errors import DefinitionError
from twin_common.settings import Settings
from twin_common.settings.keys import variable

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}\n]*))?\}")


def fill_variables(text: str, variables: Mapping[str, str], filename: str) -> str:
    """The text with every reference replaced; comments are left alone, and lines stay where they are.

    Args:
        text: of the YAML file.
        variables: what there is to insert.
        filename: for messages.

    Raises:
        DefinitionError: a variable is set nowhere and has no default, or its value has line breaks.
    """
    problems: list[tuple[str, str, int | None]] = []

    def fill(match: re.Match[str], line: int) -> str:
        value = variables.get(match[1], match[2])
        if value is None:
            problems.append(
                ("", f"${{{match[1]}}} is not set; export it, or write ${{{match[1]}:-default}}", line)
            )
        elif "\n" in value or "\r" in value:
            problems.append(("", f"the value of {match[1]} has line breaks", line))
        return value or ""

    lines = []
    for number, written in enumerate(text.split("\n"), start=1):
        if written.lstrip().startswith("#"):
            lines.append(written)
        else:
            lines.append(_REFERENCE.sub(lambda match, line=number: fill(match, line), written))  # type: ignore[misc]
    if problems:
        message = "\n".join(f"{filename}: {what}  (line {line})" for _, what, line in problems)
        raise DefinitionError(message, tuple(problems))
    return "\n".join(lines)


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
