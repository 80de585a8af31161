"""How a command ends: its result as text or JSON, its errors as one message and an exit code."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import typer
from rich.console import Console

from hanzo_twin.errors import ControlCommandRefused, HanzoTwinError

T = TypeVar("T")

INTERRUPTED = 130

_TREES = (
    ("twin_common.errors", "TwinError"),
    ("twin_schemas.errors", "SchemaError"),
    ("twin_sim.errors", "TwinSimError"),
    ("hanzo_twin.audit.errors", "AuditError"),
)
"""Errors of the libraries that only some commands use: what isn't imported can't have been raised."""

_CODES = (
    ("twin_common.errors", "DefinitionError", 2),
    ("twin_common.errors", "SettingsError", 2),
    ("twin_common.identity.errors", "Denied", 3),
    ("twin_common.errors", "BrokerRefused", 3),
    ("twin_common.errors", "StoreRefused", 3),
    ("twin_common.identity.errors", "IssuerUnreachable", 4),
    ("twin_common.errors", "BrokerUnreachable", 4),
    ("twin_common.errors", "StoreUnreachable", 4),
    ("twin_common.errors", "TopicMissing", 4),
    ("hanzo_twin.audit.errors", "AuditError", 5),
)

_HINTS = (("twin_common.errors", "TopicMissing", "`hanzo-twin dev up` creates the topics."),)


_COMMANDS = {
    "twin_not_found": "`hanzo-twin list` lists yours",
    "scene_not_found": "`hanzo-twin scene list` lists yours",
    "proposal_not_found": "`hanzo-twin scene show NAME` lists the open ones",
    "dead_letter_not_found": "`hanzo-twin dlq list` lists them",
    "invalid_definition": "`hanzo-twin schema twin` shows what is known",
    "unauthenticated": "`hanzo-twin profile show` tells whose token is sent",
    "body_too_large": "Send less",
    "worker_silent": "See `hanzo-twin status NAME`: whether it still runs",
    "proposal_closed": "`hanzo-twin scene show NAME` shows the versions",
    "revision_conflict": "Look again with `hanzo-twin status NAME`, then give its revision",
    "idempotency_conflict": "Run the command again",
}
"""Remedies by the code of a problem, for those whose own names paths and headers of the API."""


def console() -> Console:
    """Where people read what goes on: the standard error, so that standard output is left to results.

    Texts are shown as they are: what others have written may look like Rich's markup.
    """
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def exit_code(error: BaseException) -> int:
    """The exit code of an error; `hanzo_twin.errors` has the table."""
    if isinstance(error, HanzoTwinError):
        return error.exit_code
    return next((code for module, name, code in _CODES if _is(error, module, name)), 1)


@contextmanager
def reported(*, as_json: bool) -> Iterator[None]:
    """Turn errors raised on purpose into a message and an exit code; others stay as they are.

    Raises:
        typer.Exit: with the error's exit code.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        if not isinstance(error, HanzoTwinError) and not any(_is(error, *tree) for tree in _TREES):
            raise
        hint = next((f" {text}" for module, name, text in _HINTS if _is(error, module, name)), "")
        hint += "".join(f"\n  {note}" for note in getattr(error, "__notes__", ()))
        said = f"{_in_commands(error)}{hint}"
        if as_json:
            emit({"error": _described(error, said)})
        print(f"error: {said}", file=sys.stderr)
        raise typer.Exit(exit_code(error)) from None


def _in_commands(error: Exception) -> str:
    """What an error says, with the remedy of the API in words of this command line."""
    problem, said = getattr(error, "problem", None), str(error)
    remedy = _COMMANDS.get(problem.code) if problem is not None else None
    return said.replace(problem.remedy, remedy) if problem is not None and remedy and problem.remedy else said


def carry_out(work: Coroutine[Any, Any, T], *, as_json: bool) -> T:
    """Run a command to its end, or to an exit code."""
    with reported(as_json=as_json):
        return asyncio.run(work)


def emit(result: object) -> None:
    """One JSON object on one line of the standard output."""
    print(json.dumps(result, separators=(", ", ": "), sort_keys=False), flush=True)


def _is(error: BaseException, module: str, name: str) -> bool:
    kind = getattr(sys.modules.get(module), name, None)
    return kind is not None and isinstance(error, kind)


def _described(error: BaseException, message: str) -> dict[str, object]:
    described: dict[str, object] = {"type": type(error).__name__, "message": message}
    if isinstance(error, ControlCommandRefused):
        described |= {"code": error.code, "field": error.field, "line": error.line}
    problem = getattr(error, "problem", None)
    if problem is not None:  # of the API
        first = problem.errors[0] if problem.errors else None
        described |= {"code": problem.code, "status": problem.status, "request_id": problem.request_id}
        described |= {"field": first.field if first else None, "line": first.line if first else None}
        described["problems"] = [
            {"path": each.field, "message": each.message, "line": each.line} for each in problem.errors
        ]
    problems = getattr(error, "problems", None)
    if problems is not None:  # of a file
        described["problems"] = [
            {"path": path, "message": text, "line": line} for path, text, line in problems
        ]
    return described
