"""Results on the screen: tables and objects for people, JSON for programs, again and again when watched."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from hanzo_twin.cli.outcome import emit

REFRESH_S = 1.0
PIPED = 1000
"""Characters of a line where no terminal has a width."""
_COLOURS = {
    "running": "green",
    "live": "green",
    "starting": "yellow",
    "stopping": "yellow",
    "stale": "yellow",
    "failed": "red",
    "parked": "red",
}


def out() -> Console:
    """The standard output; in a pipe as wide as its lines are, so that no row is broken. Texts stay as they are."""
    screen = Console(highlight=False, markup=False, emoji=False)
    if not screen.is_terminal and "COLUMNS" not in os.environ:
        screen.width = PIPED
    return screen


def table(*headings: str, numbers: Iterable[str] = ()) -> Table:
    """A table; numbers are right-aligned."""
    right = set(numbers)
    made = Table()
    for heading in headings:
        made.add_column(heading, justify="right" if heading in right else "left", overflow="fold")
    return made


def pairs(**values: object) -> Table:
    """What one thing has, one line each; what it hasn't is left out."""
    made = Table(show_header=False, box=None, pad_edge=False)
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in values.items():
        if value is not None and value != "":
            shown = value if isinstance(value, Text) else str(value)
            made.add_row(name.replace("_", " "), shown)
    return made


def coloured(word: str) -> Text:
    """A phase or state in its colour."""
    return Text(word, style=_COLOURS.get(word, ""))


def when(moment: datetime | None) -> str:
    """A time for people: UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def show(
    ask: Callable[[], tuple[object, RenderableType]],
    *,
    as_json: bool,
    watch: bool,
    period_s: float = REFRESH_S,
) -> None:
    """Print what is asked, once, or again and again until Ctrl-C.

    Args:
        ask: gives the result as JSON and as it is shown.
        as_json: JSON is wanted.
        watch: again and again.
        period_s: seconds between two.
    """
    screen = out()
    if not watch:
        _once(screen, ask, as_json)
        return
    with suppress(KeyboardInterrupt):
        if as_json or not screen.is_terminal:
            while True:
                _once(screen, ask, as_json)
                time.sleep(period_s)
        with Live(console=screen, auto_refresh=False, screen=False) as live:
            while True:
                live.update(ask()[1], refresh=True)
                time.sleep(period_s)


def _once(screen: Console, ask: Callable[[], tuple[object, RenderableType]], as_json: bool) -> None:
    result, picture = ask()
    if as_json:
        emit(result)
    else:
        screen.print(picture)
