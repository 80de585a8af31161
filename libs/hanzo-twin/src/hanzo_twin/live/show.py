"""The live table: drawn a few times a second on a terminal, silent with `--json`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live

from hanzo_twin.live import LiveModel, LiveView
from hanzo_twin.live.table import SHOWN, render

REFRESH_S = 0.25


async def show(
    console: Console, name: str, model: LiveModel, *, seconds: float | None, notes: tuple[str, ...] = ()
) -> LiveView:
    """Show a twin for so many seconds, or until cancelled; returns what it looked like last.

    Where nobody looks (the standard error is no terminal) lines take the table's place: one when the first prediction
    has come, one every 5 s, and one at the end.
    """
    end = None if seconds is None else time.monotonic() + seconds
    next_line = 0.0
    # Rich would print an empty table at the end where there is no terminal to draw on.
    with (
        Live(console=console, auto_refresh=False)
        if console.is_terminal
        else _last(console, name, model) as live
    ):
        while True:
            view = model.view(time.time_ns())
            if live is not None:
                live.update(render(name, view, notes), refresh=True)
            elif view.values and time.monotonic() >= next_line:
                console.print(line(name, view), soft_wrap=True)
                next_line = time.monotonic() + 5.0
            if end is not None and time.monotonic() >= end:
                return view
            await asyncio.sleep(
                REFRESH_S if end is None else min(REFRESH_S, max(0.0, end - time.monotonic()))
            )


@contextmanager
def _last(console: Console, name: str, model: LiveModel) -> Iterator[None]:
    """Print a line at the end, however it comes."""
    try:
        yield
    finally:
        console.print(line(name, model.view(time.time_ns())), soft_wrap=True)


def line(name: str, view: LiveView) -> str:
    """The table in one line, for logs."""
    latency = view.latency["p99"]
    values = ", ".join(
        f"{path} {' '.join(f'{value:.5f}' for value in each)}"
        for path, each in list(view.values.items())[:SHOWN]
    )
    innovations = ", ".join(f"{path} {value:.5f}" for path, value in view.innovation_rms.items())
    return (
        f"{name}: {view.phase}, tick {view.tick}, readings {view.readings}, predictions {view.published}, "
        f"p99 {'-' if latency is None else f'{latency:.1f} ms'}, values {values or '-'}, "
        f"innovation {innovations or '-'}"
    )


def view_json(view: LiveView) -> dict[str, object]:
    """The picture as the object that `--json` prints."""
    return {
        "phase": view.phase,
        "conditions": list(view.conditions),
        "worker": view.worker,
        "incarnation": view.incarnation,
        "tick": view.tick,
        "lag_ms": view.lag_ms,
        "readings": view.readings,
        "readings_per_s": view.readings_per_s,
        "predictions": view.published,
        "predictions_per_s": view.predictions_per_s,
        "latency_ms": dict(view.latency),
        "values": {path: list(values) for path, values in view.values.items()},
        "innovation_rms": dict(view.innovation_rms),
        "sources": [
            {
                "name": source.name,
                "connected": source.connected,
                "live": source.live,
                "received": source.received,
                "clock_offset_ms": source.clock_offset_ns / 1e6,
                "error": source.error,
            }
            for source in view.sources
        ],
        "refused": dict(view.refused),
        "errors": dict(view.errors),
        "failure": view.failure,
        "warnings": list(view.warnings),
    }
