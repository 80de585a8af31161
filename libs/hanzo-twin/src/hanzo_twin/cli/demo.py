"""`hanzo-twin demo`: a plant, its twin, a crash in the middle, and an account of what it cost."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Annotated

import typer
from rich.console import Console

from hanzo_twin.bus import open_twins
from hanzo_twin.cli.outcome import console, emit, reported
from hanzo_twin.cli.surroundings import scene_store
from hanzo_twin.definition import setting_variables
from hanzo_twin.demo.director import WARM_UP_S, Outcome, perform
from hanzo_twin.demo.example import pendulum
from hanzo_twin.demo.stage import private_stack
from hanzo_twin.demo.summary import shortcomings, summary
from hanzo_twin.errors import DemoFailed
from hanzo_twin.stack import EmbeddedStack

SHORTEST_S = 2 * WARM_UP_S + 2.0


def demo(
    seconds: Annotated[
        float, typer.Option(min=SHORTEST_S, help="How long to watch, 5 s of warm-up included.")
    ] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON object.")] = False,
) -> None:
    """Show a twin follow a pendulum and survive the death of its worker.

    Starts a stack of its own, runs a plant and its twin, kills the worker that holds the twin in the middle,
    and settles the account from the raw topics. Nothing is left running. Exit code 5: a frame was lost.
    """
    screen = console()
    with reported(as_json=as_json):
        screen.print("starting a stack of its own: Kafka, MQTT, PostgreSQL, S3 and the services …")
        with private_stack() as stack:
            outcome = asyncio.run(_demo(stack, seconds, screen))
            screen.print("stopping it …")
    screen.print(summary(outcome.account, outcome.killed, outcome.successor), soft_wrap=True)
    wrong = shortcomings(outcome.account)
    if as_json:
        emit(outcome.account.to_json())
    if wrong:
        print(f"error: {wrong}", file=sys.stderr)
        raise typer.Exit(DemoFailed.exit_code)


async def _demo(stack: EmbeddedStack, seconds: float, screen: Console) -> Outcome:
    settings = stack.connection.settings()
    example = pendulum({**setting_variables(settings), **os.environ}, f"demo-{os.getpid()}")

    async def kill(worker: str) -> None:
        await asyncio.to_thread(stack.kill, worker)

    async with await open_twins(settings) as twins:
        return await perform(
            twins,
            example,
            store=scene_store(settings),
            kill=kill,
            seconds=seconds,
            log=stack.home.root / "plant.jsonl",
            screen=screen,
        )
