"""`hanzo-twin demo`: a plant, its twin, a crash in the middle, and an account of what it cost."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from typing import Annotated

import typer
from rich.console import Console

from hanzo_twin.bus import open_twins
from hanzo_twin.cli.outcome import console, emit, reported
from hanzo_twin.cli.surroundings import scene_store
from hanzo_twin.client import AsyncClient
from hanzo_twin.definition import setting_variables
from hanzo_twin.demo.director import WARM_UP_S, perform
from hanzo_twin.demo.example import arm, pendulum
from hanzo_twin.demo.stage import private_stack
from hanzo_twin.demo.summary import shortcomings, shortcomings_of_tour, summary, told
from hanzo_twin.demo.tour import tour
from hanzo_twin.errors import DemoFailed
from hanzo_twin.stack import EmbeddedStack
from twin_common.settings import Settings

SHORTEST_S = 2 * WARM_UP_S + 2.0


def demo(
    seconds: Annotated[
        float, typer.Option(min=SHORTEST_S, help="How long to watch, 5 s of warm-up included.")
    ] = 30.0,
    fold: Annotated[
        bool, typer.Option("--fold", help="A pendulum over the bus alone, without the API.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON object.")] = False,
) -> None:
    """Show a twin follow an arm, obey a command, and survive the death of its worker.

    Starts a stack of its own, runs a plant and its twin through the public API, kills the worker that holds the twin in
    the middle, and settles the account from the raw topics. Nothing is left running. Exit code 5: a frame was lost.
    """
    screen = console()
    with reported(as_json=as_json):
        screen.print("starting a stack of its own: Kafka, MQTT, PostgreSQL, S3 and the services …")
        with private_stack() as stack:
            shown = asyncio.run((_fold if fold else _tour)(stack, seconds, screen))
            screen.print("stopping it …")
    lines, wrong, figures = shown
    screen.print(lines, soft_wrap=True)
    if as_json:
        emit(figures)
    if wrong:
        print(f"error: {wrong}", file=sys.stderr)
        raise typer.Exit(DemoFailed.exit_code)


Shown = tuple[str, str | None, Mapping[str, object]]
"""What to say at the end, what is wrong with it, and the same for programs."""


async def _tour(stack: EmbeddedStack, seconds: float, screen: Console) -> Shown:
    settings = stack.connection.settings()
    example = arm(_variables(settings), f"demo-{os.getpid()}")
    async with await open_twins(settings) as twins, AsyncClient.local(stack.home.root) as client:
        found = await tour(
            client,
            twins,
            example,
            kill=lambda worker: asyncio.to_thread(stack.kill, worker),
            seconds=seconds,
            log=stack.home.root / "plant.jsonl",
            screen=screen,
        )
    account, command = found.outcome.account, found.command
    text = summary(account, found.outcome.killed, found.outcome.successor)
    wrong = [shortcomings(account), shortcomings_of_tour(command, found.missed)]
    figures = {
        **account.to_json(),
        "received": found.received,
        "missed": found.missed,
        "command": {"status": command.status, "tick": command.tick, "late_ns": command.late_ns},
    }
    said = "; ".join(each for each in wrong if each) or None
    return f"{text}\n{told(command, found.received, found.missed)}", said, figures


async def _fold(stack: EmbeddedStack, seconds: float, screen: Console) -> Shown:
    settings = stack.connection.settings()
    async with await open_twins(settings) as twins:
        outcome = await perform(
            twins,
            pendulum(_variables(settings), f"demo-{os.getpid()}"),
            store=scene_store(settings),
            kill=lambda worker: asyncio.to_thread(stack.kill, worker),
            seconds=seconds,
            log=stack.home.root / "plant.jsonl",
            screen=screen,
        )
    account = outcome.account
    return summary(account, outcome.killed, outcome.successor), shortcomings(account), account.to_json()


def _variables(settings: Settings) -> dict[str, str]:
    return {**setting_variables(settings), **os.environ}
