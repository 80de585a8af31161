"""What became of a command, as the API shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from api_gateway.domain import scene_view
from api_gateway.domain.moments import rfc3339
from api_gateway.domain.question import Question
from twin_schemas.record import Record
from twin_schemas.records import (
    CommandApplied,
    CommandRefused,
    ControlAccepted,
    ControlRefused,
    RequestRefused,
    SceneValidated,
    ValidateScene,
)

Status = Literal["pending", "accepted", "applied", "refused", "unknown"]
_LINKS: Mapping[str, str] = {"Twin": "/v1/twins/", "Scene": "/v1/scenes/"}


@dataclass(frozen=True, slots=True)
class Found:
    """A command of the organisation that asked.

    Attributes:
        answer: the record that answered it; None: none yet.
    """

    answer: Record | None


class CommandLog(Protocol):
    """What became of recent commands."""

    async def find(self, org: str, command: str) -> Found | None:
        """A command that somebody of the organisation sent within the last hour, by its id; None: there is none.

        Raises:
            Problem: `unavailable` when no broker answers, or there is too much to look through.
        """
        ...

    async def repeated(
        self, question: Question, partition: int, *, thorough: bool = False
    ) -> CommandApplied | CommandRefused | None:
        """What became of the same request to a running twin when it was sent before; None: that isn't known.

        Args:
            question: the command of a request with an idempotency key.
            partition: of the twin.
            thorough: look on the bus, too.

        Raises:
            Problem: `idempotency_conflict`: the key is another request's; `unavailable`: as above.
        """
        ...


ANSWERS: Final = (ControlAccepted, ControlRefused, CommandApplied, CommandRefused, SceneValidated)
"""What may say what became of a command."""


def is_answer(record: Record) -> bool:
    """Whether a record says what became of a command: of a check, not that it was done but what it found."""
    consent = isinstance(record, ControlAccepted) and record.command == ValidateScene.__name__
    return isinstance(record, ANSWERS) and not consent


def command_view(command: str, found: Found | None) -> dict[str, Any]:
    """The whole answer: `unknown` for what isn't there, too old, or another organisation's."""
    if found is None:
        return {"id": command, "status": "unknown"}
    status, details = _outcome(found.answer)
    return {"id": command, "status": status, **details}


def _outcome(answer: Record | None) -> tuple[Status, dict[str, Any]]:
    match answer:
        case None:
            return "pending", {}
        case ControlAccepted():
            details = {
                "type": answer.command,
                "resource": answer.id,
                "name": answer.name,
                "version": answer.version,
                "restart_needed": answer.restart_needed,
            }
            path = next((path for word, path in _LINKS.items() if word in answer.command), None)
            return "accepted", {**details, "links": {"resource": f"{path}{answer.id}"} if path else {}}
        case ControlRefused():
            return "refused", {
                "type": answer.command,
                "code": answer.code,
                "message": answer.message,
                "field": answer.field,
                "line": answer.line,
            }
        case SceneValidated():
            return "accepted", {
                "type": ValidateScene.__name__,
                "resource": answer.scene,
                "name": answer.name,
                **scene_view.validation(answer),
                "links": {"resource": f"/v1/scenes/{answer.scene}"},
            }
        case CommandApplied():
            return "applied", {
                "twin": answer.twin,
                "incarnation": answer.incarnation,
                "offset": answer.offset,
                "tick": answer.tick,
                "step": answer.step,
                "time": rfc3339(answer.time_ns),
                "late_ns": answer.late_ns,
            }
        case CommandRefused() | RequestRefused():
            return "refused", {"code": answer.code, "message": answer.message}
        case _:
            return "accepted", {"type": type(answer).__name__}
