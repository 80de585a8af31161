"""Where the tasks of a process stand: what SIGUSR1 writes to its log, for one that seems to be stuck."""

from __future__ import annotations

import asyncio
from typing import Any

from twin_common.logs import get_logger

_DEEPEST = 40


def log_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Log what each task of a loop waits for, outermost call first."""
    for task in asyncio.all_tasks(loop):
        get_logger(__name__).warning("task", name=task.get_name(), waits_in=waits_in(task))


def waits_in(task: asyncio.Task[Any]) -> list[str]:
    """The calls that a suspended task is in, and what the innermost one waits for.

    `Task.get_stack` knows the outermost call only.
    """
    calls: list[str] = []
    awaited: Any = task.get_coro()
    while awaited is not None and len(calls) < _DEEPEST:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "gi_frame", None)
        if frame is None:
            calls.append(repr(awaited)[:200])
            break
        calls.append(f"{frame.f_code.co_qualname} {frame.f_code.co_filename}:{frame.f_lineno}")
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)
    return calls
