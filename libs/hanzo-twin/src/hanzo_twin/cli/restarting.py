"""`hanzo-twin dev restart`: new processes for the services, one after the other."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from hanzo_twin.cli.outcome import console, emit, reported
from hanzo_twin.stack import rolling
from hanzo_twin.stack.home import find_home


def restart(
    services: Annotated[list[str] | None, typer.Argument(help="Services; all if none is given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Restart services, such as after an upgrade, one process at a time; the twins go on meanwhile.

    Each process hands its twins to another one that runs beside it, and has them again afterwards. The API's
    address is answered by the new one before the old one goes.
    """
    with reported(as_json=as_json):

        def show(each: rolling.Restarted) -> None:
            if not as_json:
                console().print(f"  {each.name:<16} {each.seconds:.1f} s")

        done = rolling.restart(find_home(), services or (), show)
        if as_json:
            emit({"restarted": [asdict(each) for each in done]})
