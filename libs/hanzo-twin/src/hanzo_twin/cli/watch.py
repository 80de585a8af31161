"""`hanzo-twin watch NAME` and `hanzo-twin state NAME`: what a running twin says."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from hanzo_twin.cli.arguments import AsJson, Profile, Twin, Watch
from hanzo_twin.cli.outcome import console, emit
from hanzo_twin.cli.reach import api, asynchronously
from hanzo_twin.cli.shown import show, table, when
from hanzo_twin.client import AsyncClient
from hanzo_twin.client.access import Access
from hanzo_twin.live.follow import following
from hanzo_twin.live.show import show as show_live
from hanzo_twin.models import TwinState


def watch(
    name: Twin,
    seconds: Annotated[
        float | None, typer.Option(min=0.0, help="For so long; until Ctrl-C if not given.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="With --json: after this event_id.", show_default="from now on")
    ] = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Watch a twin live; with --json, every prediction on a line of its own."""

    async def work(client: AsyncClient, _where: Access) -> None:
        twin = await client.get_twin(name)
        if not as_json:
            async with following(client, twin.id) as model:
                with suppress(asyncio.CancelledError):  # Ctrl-C is how one leaves
                    await show_live(console(), twin.name, model, seconds=seconds)
            return
        end = None if seconds is None else time.monotonic() + seconds
        with suppress(TimeoutError, asyncio.CancelledError):
            async with asyncio.timeout(None if end is None else seconds):
                async for prediction in client.predictions(twin.id, since=since):
                    emit(json.loads(prediction.model_dump_json()))

    asynchronously(profile, work, as_json=as_json)


def state(name: Twin, watch: Watch = False, profile: Profile = None, as_json: AsJson = False) -> None:
    """Show a running twin's state, as its worker has it: every channel, in SI units."""
    with api(profile, as_json=as_json) as client:

        def ask() -> tuple[object, RenderableType]:
            found = client.get_state(name)
            return json.loads(found.model_dump_json()), _shown(found)

        show(ask, as_json=as_json, watch=watch)


def _shown(state: TwinState) -> RenderableType:
    made = table("channel", "value", numbers=("value",))
    for path, values in sorted(state.values.items()):
        made.add_row(path, "  ".join(f"{value:.6g}" for value in values))
    for path, values in sorted(state.inputs.items()):
        made.add_row(f"{path} (input)", "  ".join(f"{value:.6g}" for value in values))
    head = f"twin {state.name}, tick {state.tick}, {when(state.time)} UTC, journal offset {state.offset}"
    return Group(Text(head, style="bold"), made, Text(f"digest {state.digest}", style="dim"))
