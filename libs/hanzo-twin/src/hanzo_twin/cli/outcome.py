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

from hanzo_twin.audit.errors import AuditError
from hanzo_twin.errors import ControlCommandRefused, HanzoTwinError
from twin_common.errors import (
    BrokerUnreachable,
    DefinitionError,
    SettingsError,
    StoreUnreachable,
    TopicMissing,
    TwinError,
)
from twin_schemas.errors import SchemaError
from twin_sim.errors import TwinSimError

T = TypeVar("T")

INTERRUPTED = 130

_CODES: tuple[tuple[type[Exception], int], ...] = (
    (DefinitionError, 2),
    (SettingsError, 2),
    (BrokerUnreachable, 4),
    (StoreUnreachable, 4),
    (TopicMissing, 4),
    (AuditError, 5),
)

_HINTS: tuple[tuple[type[Exception], str], ...] = ((TopicMissing, "`hanzo-twin dev up` creates the topics."),)


def console() -> Console:
    """Where people read: the standard error, so that standard output is left to `--json`."""
    return Console(stderr=True, highlight=False)


def exit_code(error: Exception) -> int:
    """The exit code of an error; `hanzo_twin.errors` has the table."""
    if isinstance(error, HanzoTwinError):
        return error.exit_code
    return next((code for kind, code in _CODES if isinstance(error, kind)), 1)


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
    except (HanzoTwinError, TwinError, AuditError, SchemaError, TwinSimError) as error:
        hint = next((f" {text}" for kind, text in _HINTS if isinstance(error, kind)), "")
        hint += "".join(f"\n  {note}" for note in getattr(error, "__notes__", ()))
        if as_json:
            emit({"error": _described(error, f"{error}{hint}")})
        print(f"error: {error}{hint}", file=sys.stderr)
        raise typer.Exit(exit_code(error)) from None


def carry_out(work: Coroutine[Any, Any, T], *, as_json: bool) -> T:
    """Run a command to its end, or to an exit code."""
    with reported(as_json=as_json):
        return asyncio.run(work)


def emit(result: object) -> None:
    """One JSON object on one line of the standard output."""
    print(json.dumps(result, separators=(", ", ": "), sort_keys=False), flush=True)


def _described(error: Exception, message: str) -> dict[str, object]:
    described: dict[str, object] = {"type": type(error).__name__, "message": message}
    if isinstance(error, ControlCommandRefused):
        described |= {"code": error.code, "field": error.field, "line": error.line}
    if isinstance(error, DefinitionError):
        described["problems"] = [
            {"path": path, "message": text, "line": line} for path, text, line in error.problems
        ]
    return described
