"""Why a call failed, by what one can do about it; each error carries the problem as the API said it."""

from __future__ import annotations

from typing import ClassVar

from hanzo_twin.errors import HanzoTwinError
from hanzo_twin.models.problem import FieldProblem, NearestState, Problem


class ApiError(HanzoTwinError):
    """The API answered with a problem.

    Attributes:
        problem: as the API said it.
        code: short, stable, machine-readable reason.
        status: of the HTTP answer.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(_said(problem))
        self.problem = problem
        self.code = problem.code
        self.status = problem.status


class Invalid(ApiError, ValueError):
    """What was sent is wrong: correct the fields that `errors` names."""

    exit_code = 2

    @property
    def errors(self) -> tuple[FieldProblem, ...]:
        """Each thing wrong, with its path and line."""
        return self.problem.errors


class Unauthenticated(ApiError, PermissionError):
    """The token is missing, expired or not for this service: get another one."""

    exit_code = 3


class Forbidden(ApiError, PermissionError):
    """The caller's role doesn't allow it: ask an administrator of the organisation."""

    exit_code = 3


class NotFound(ApiError, LookupError):
    """Nothing has this name, or it belongs to another organisation."""

    exit_code = 2


class Conflict(ApiError, ValueError):
    """It contradicts what is there: look again, then decide."""

    exit_code = 3


class RevisionConflict(Conflict):
    """Somebody changed it since it was read: read it again, and repeat the change on that."""


class Gone(NotFound):
    """It was kept once, and isn't any more."""

    @property
    def nearest(self) -> NearestState | None:
        """Where a twin's past can be entered, when a part of its journal is gone."""
        return self.problem.nearest


class RateLimited(ApiError, RuntimeError):
    """Too many requests, even with the waiting that the service asked for."""

    exit_code = 4


class Unavailable(ApiError, ConnectionError):
    """The service can't answer now: the same call succeeds later."""

    exit_code = 4


class ServiceDefect(ApiError, RuntimeError):
    """The service failed; its log has the request id."""


class Unreachable(HanzoTwinError, ConnectionError):
    """Nobody answers at the URL."""

    exit_code = 4

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"nobody answers at {url}: {reason.rstrip('.')}. Is the stack running (`hanzo-twin dev status`), and is "
            "the profile the right one (`hanzo-twin profile list`)?"
        )
        self.url = url


class Pending(HanzoTwinError, TimeoutError):
    """The command was taken, but its outcome isn't known within the time; it may still be carried out.

    Attributes:
        command: its id, for `get_command`.
    """

    exit_code = 4

    def __init__(self, command: str, seconds: float) -> None:
        super().__init__(
            f"command {command} has no outcome after {seconds:g} s; it may still be carried out. "
            f"Ask again with get_command({command!r})"
        )
        self.command = command


class NotReached(HanzoTwinError, TimeoutError):
    """A twin isn't where it was waited for."""

    exit_code = 4


class StreamGap(HanzoTwinError, LookupError):
    """Predictions that were asked for aren't kept any more; those after them are.

    Attributes:
        wanted: where the stream should have gone on.
        oldest: where it can.
    """

    exit_code = 5

    def __init__(self, wanted: int, oldest: int) -> None:
        lost = (
            f"the predictions from {wanted} to {oldest - 1} are not kept any more."
            if wanted < oldest
            else f"the stream ends before {wanted}: was it another twin's, or another platform's?"
        )
        super().__init__(f'{lost} Go on with start="{oldest}"')
        self.wanted = wanted
        self.oldest = oldest


class Troubled(HanzoTwinError, RuntimeError):
    """A twin has failed or is parked, so that what is waited for can't come.

    Attributes:
        code: short, stable, machine-readable reason.
    """

    exit_code = 5

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Unexpected(HanzoTwinError, RuntimeError):
    """The answer isn't one that this API gives: is the URL right, and the client recent enough?"""

    exit_code: ClassVar[int] = 1


_KINDS: dict[int, type[ApiError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    412: RevisionConflict,
    429: RateLimited,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def error_of(problem: Problem) -> ApiError:
    """The error for a problem."""
    kind = _KINDS.get(problem.status)
    return (kind or (Invalid if problem.status < 500 else ServiceDefect))(problem)


def _said(problem: Problem) -> str:
    text = (problem.detail or problem.title or f"HTTP status {problem.status}").rstrip(".")
    places = [
        f"\n  {error.field or 'body'}{f' (line {error.line})' if error.line else ''}: {error.message}"
        for error in problem.errors
        if error.message.rstrip(".") != text and f"{error.field}: {error.message}" not in text  # said already
    ]
    remedy = f". {problem.remedy}" if problem.remedy and problem.remedy not in text else ""
    return f"{problem.code}: {text}{remedy}{''.join(places)}"
