"""`${NAME}` and `${NAME:-default}` in a twin's YAML: what differs from place to place stays out of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hanzo_twin.errors import HanzoTwinError

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}\n]*))?\}")

Problem = tuple[str, str, int | None]


class FileWrong(HanzoTwinError, ValueError):
    """A file can't be used.

    Attributes:
        problems: one (path, message, line or None) for each thing wrong, in the order of the file.
    """

    exit_code = 2

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


def fill_variables(text: str, variables: Mapping[str, str], filename: str) -> str:
    """The text with every reference replaced; comments are left alone, and lines stay where they are.

    Args:
        text: of the YAML file.
        variables: what there is to insert.
        filename: for messages.

    Raises:
        FileWrong: a variable is set nowhere and has no default, or its value has line breaks.
    """
    problems: list[Problem] = []

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
        raise FileWrong(message, tuple(problems))
    return "\n".join(lines)
