"""What all settings sections have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the settings: immutable, and any key that isn't declared is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True)


def together(section: Section, *names: str) -> None:
    """Refuse a section in which some of these settings are set and others aren't.

    Raises:
        ValueError: names what is missing.
    """
    missing = [name for name in names if getattr(section, name) is None]
    if missing and len(missing) < len(names):
        raise ValueError(f"{' and '.join(names)} go together: {' and '.join(missing)} isn't set")
