"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from twin_sim.errors import SceneError
from twin_sim.scene.warning import SceneWarning


class Severity(StrEnum):
    """How bad it is: with an error there is no simulation."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a check found.

    Attributes:
        severity: error or warning.
        code: stable code; those of warnings are listed in docs/scene-attributes.md.
        path: USD path of the prim; "" for the file.
        message: what is so.
        remedy: what to do; "" when there is nothing to do.
    """

    severity: Severity
    code: str
    path: str
    message: str
    remedy: str = ""

    @classmethod
    def of_error(cls, error: SceneError, code: str) -> Self:
        """A scene that can't be simulated."""
        return cls(Severity.ERROR, code, error.path, error.what, error.remedy)

    @classmethod
    def of_warning(cls, warning: SceneWarning) -> Self:
        """Something that isn't carried over."""
        return cls(Severity.WARNING, warning.code, warning.path, warning.message)

    @property
    def is_error(self) -> bool:
        """Whether there is no simulation with it."""
        return self.severity is Severity.ERROR
