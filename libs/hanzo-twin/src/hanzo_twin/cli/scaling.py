"""`hanzo-twin dev scale`: more or fewer processes of a service, while everything runs."""

from __future__ import annotations

import contextlib
import time
from typing import Annotated

import typer

from hanzo_twin.cli.outcome import console, emit, reported
from hanzo_twin.stack import control, services
from hanzo_twin.stack.errors import BadCount, PartUnknown, StackNotRunning
from hanzo_twin.stack.home import Home, find_home
from hanzo_twin.stack.plan import Plan, read_plan
from hanzo_twin.stack.state import read_state

_MOST = 64


def complete_count(incomplete: str) -> list[str]:
    """Services, each with one process more than it has now."""
    known = services.usual()
    with contextlib.suppress(StackNotRunning, OSError, ValueError):
        known |= _running(find_home()).services
    return [
        choice for name, count in known.items() if (choice := f"{name}={count + 1}").startswith(incomplete)
    ]


def scale(
    counts: Annotated[
        list[str],
        typer.Argument(
            help="SERVICE=COUNT, as sim-worker=3; services that aren't named stay as they are.",
            metavar="SERVICE=COUNT...",
            autocompletion=complete_count,
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Change how many processes of a service run, while the others go on.

    Added ones take their share over; those that are too many hand theirs over and end. Twins move without a
    missing tick. Processes that have ended start again.
    """
    with reported(as_json=as_json):
        wanted = dict(_parsed(text) for text in counts)
        home = find_home()
        before = _running(home)
        began = time.monotonic()
        after = before.model_copy(update={"services": before.services | wanted})
        control.up(home, after)
        changed = {name: (before.services.get(name, 0), count) for name, count in wanted.items()}
        if as_json:
            told = {name: {"before": old, "after": new} for name, (old, new) in changed.items()}
            emit({"services": told, "seconds": round(time.monotonic() - began, 2)})
            return
        for name, (old, new) in changed.items():
            console().print(f"{name}: {new}, as before" if old == new else f"{name}: {old} → {new}")
        console().print(f"ready in {time.monotonic() - began:.1f} s; see: hanzo-twin dev status")


def _parsed(text: str) -> tuple[str, int]:
    name, separator, count = text.partition("=")
    known = services.usual()
    if name not in known:
        raise PartUnknown(name, tuple(known))
    if not separator or not count.isdigit() or int(count) > _MOST:
        raise BadCount(f"{text!r} isn't a number of processes from 0 to {_MOST}; say for example {name}=3")
    return name, int(count)


def _running(home: Home) -> Plan:
    state = read_state(home)
    if state is None or not state.running():
        raise StackNotRunning(f"no stack runs in {home.root}; start it with: hanzo-twin dev up")
    return read_plan(home)
