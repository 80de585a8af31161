"""`hanzo-twin run TWIN.yaml`: create a twin, start it, watch it."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Annotated

import typer

from hanzo_twin.bus import open_twins
from hanzo_twin.cli.outcome import carry_out, console, emit
from hanzo_twin.cli.surroundings import scene_store, surroundings
from hanzo_twin.definition import read_twin_file, setting_variables
from hanzo_twin.launch import launch, wait_running
from hanzo_twin.live.show import show, view_json
from hanzo_twin.live.watch import watching


def run(
    file: Annotated[Path, typer.Argument(help="The twin's YAML.", show_default=False)],
    seconds: Annotated[
        float | None, typer.Option(min=0.0, help="Watch for so long; until Ctrl-C if not given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON object.")] = False,
) -> None:
    """Create the twin that a YAML file describes, start it, and watch it.

    Run again with the same file, it attaches. It leaves the twin running; `hanzo-twin stop NAME` stops it.
    `${NAME}` in the file stands for an environment variable, or a setting of the running stack.
    """
    carry_out(_run(file, seconds, as_json), as_json=as_json)


async def _run(path: Path, seconds: float | None, as_json: bool) -> None:
    settings = surroundings()
    file = read_twin_file(path, {**setting_variables(settings), **os.environ})
    screen = console()
    async with await open_twins(settings) as twins:
        launched = await launch(twins, file, scene_store(settings))
        spec = launched.spec
        status = await wait_running(twins, spec)
        how = "attached to" if launched.attached else "started"
        screen.print(
            f"{how} twin {spec.name}, {spec.twin}, scene version {spec.scene_version}", soft_wrap=True
        )
        leave = f"Ctrl-C leaves the twin running; stop it with: hanzo-twin stop {spec.name}"
        async with watching(twins, spec) as model:
            model.observe_sim(status)
            try:
                view = await show(screen, spec.name, model, seconds=seconds, notes=(leave,))
            except asyncio.CancelledError:  # Ctrl-C is how one leaves
                view = model.view(time.time_ns())
        screen.print(f"twin {spec.name} goes on; stop it with: hanzo-twin stop {spec.name}")
        if as_json:
            emit({"twin": spec.twin, "name": spec.name, "attached": launched.attached, **view_json(view)})
