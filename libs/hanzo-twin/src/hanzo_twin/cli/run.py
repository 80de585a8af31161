"""`hanzo-twin run TWIN.yaml`: create a twin, start it, watch it."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Annotated

import typer

from hanzo_twin.cli.arguments import AsJson, Profile
from hanzo_twin.cli.outcome import console, emit
from hanzo_twin.cli.reach import asynchronously
from hanzo_twin.client import AsyncClient
from hanzo_twin.client.access import Access
from hanzo_twin.live.follow import following
from hanzo_twin.live.show import show, view_json
from hanzo_twin.twinfile import bring, read


def run(
    file: Annotated[Path, typer.Argument(help="The twin's YAML.", show_default=False)],
    seconds: Annotated[
        float | None, typer.Option(min=0.0, help="Watch for so long; until Ctrl-C if not given.")
    ] = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Create the twin that a YAML file describes, start it, and watch it.

    Run again with the same file, it attaches. It leaves the twin running; `hanzo-twin stop NAME` stops it.
    `${NAME}` in the file stands for an environment variable, or for a broker of the local stack.
    """

    async def work(client: AsyncClient, where: Access) -> None:
        given = read(file, {**where.variables, **os.environ})
        screen = console()
        brought = await client.run(bring(given, start=True, attach=True))
        twin = await client.wait_for_phase(brought.twin.id, "running")
        how = "attached to" if brought.attached else "started"
        version = twin.scene.version if twin.scene else "-"
        screen.print(f"{how} twin {twin.name}, {twin.id}, scene version {version}", soft_wrap=True)
        leave = f"Ctrl-C leaves the twin running; stop it with: hanzo-twin stop {twin.name}"
        async with following(client, twin.id) as model:
            try:
                view = await show(screen, twin.name, model, seconds=seconds, notes=(leave,))
            except asyncio.CancelledError:  # Ctrl-C is how one leaves
                view = model.view(time.time_ns())
        screen.print(f"twin {twin.name} goes on; stop it with: hanzo-twin stop {twin.name}", soft_wrap=True)
        if as_json:
            emit({"twin": twin.id, "name": twin.name, "attached": brought.attached, **view_json(view)})

    asynchronously(profile, work, as_json=as_json)
