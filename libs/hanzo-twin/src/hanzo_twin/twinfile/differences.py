"""What differs between a twin's file and the twin of that name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hanzo_twin.models import Twin
from hanzo_twin.twinfile.read import Given

_IN_THE_PLATFORM = frozenset({"id", "organization", "created_at", "updated_at"})


def differences(given: Given, twin: Twin) -> list[str]:
    """The keys of the file whose values aren't the twin's; what the file leaves open is no difference."""
    there = twin.pending_definition or twin.definition or {}
    here = canonical(given)
    return [
        key
        for key, value in here.items()
        if value is not None and key not in _IN_THE_PLATFORM and not _within(value, there.get(key))
    ]


def canonical(given: Given) -> Mapping[str, Any]:
    """The definition as the platform keeps it, where its reader is installed (extra `bus`); else as it is written,
    without the reader's shorthands.

    Raises:
        DefinitionError: the reader is installed, and finds the definition wrong; the message has paths and lines.
    """
    try:
        from twin_common.definition import parse_twin
    except ImportError:
        return given.content
    kept: Mapping[str, Any] = json.loads(parse_twin(given.text, str(given.path)).canonical_json())
    return kept


def _within(here: Any, there: Any) -> bool:
    """Whether everything that is said here is so there."""
    if isinstance(here, Mapping):
        return isinstance(there, Mapping) and all(
            value is None or _within(value, there.get(key)) for key, value in here.items()
        )
    if isinstance(here, Sequence) and not isinstance(here, str):
        return (
            isinstance(there, Sequence)
            and len(here) == len(there)
            and all(_within(one, other) for one, other in zip(here, there, strict=True))
        )
    return bool(here == there)
