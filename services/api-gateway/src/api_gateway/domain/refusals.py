"""From the control plane's refusal to what the caller is told."""

from __future__ import annotations

from api_gateway.domain.problems import KINDS
from api_gateway.errors import FieldError, Problem
from twin_schemas.records import ControlRefused

_REFERRING = frozenset({"CreateTwin", "UpdateTwin"})


def problem_of(refused: ControlRefused) -> Problem:
    """The problem that a refusal stands for: its code and message, and the field and line when it names one.

    A scene that isn't there is 404 where the path names it, and 422 where a twin refers to it.
    """
    errors = []
    if refused.field is not None:
        errors.append(FieldError(refused.field, refused.message, refused.line))
    headers = (
        {} if refused.current_revision is None else {"X-Current-Revision": str(refused.current_revision)}
    )
    status = None
    if refused.code == "scene_not_found" and refused.command in _REFERRING:
        status = KINDS["invalid_request"].status
    return Problem(refused.code, refused.message, errors=errors, headers=headers, status=status)
