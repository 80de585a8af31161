"""What a check of a scene file finds, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass

from scene_manager.errors import Refused
from twin_schemas.records.scene_finding import SceneFinding

ERROR = "error"
MAX_WARNINGS = 100
MAX_TEXT = 1000


@dataclass(frozen=True, slots=True)
class Checked:
    """What is kept of a check that found no error.

    Attributes:
        model_digest: canonical digest of the compiled scene model.
        compiled: sha256 of the compiled scene model, a blob.
        warnings: what the reader leaves out, one line each.
    """

    model_digest: str
    compiled: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """A checked file that is a blob, with its compiled model.

    Attributes:
        removals: number of the newest removal of a blob before they were stored.
    """

    checked: Checked
    removals: int


def is_error(found: SceneFinding) -> bool:
    """Whether there is no simulation with it."""
    return found.severity == ERROR


def refusal(found: SceneFinding) -> Refused:
    """What a registration is told of the first error."""
    where = found.path or "the scene"
    return Refused("invalid_scene", f"{where}: {found.message} [{found.code}]. {found.remedy}".rstrip())


def warnings_of(findings: tuple[SceneFinding, ...]) -> tuple[str, ...]:
    """The warnings as lines; the first hundred, since a record has an end."""
    lines = [
        f"{found.path}: {found.message} [{found.code}]"[:MAX_TEXT]
        for found in findings
        if not is_error(found)
    ]
    if len(lines) > MAX_WARNINGS:
        lines = [*lines[:MAX_WARNINGS], f"and {len(lines) - MAX_WARNINGS} more"]
    return tuple(lines)
