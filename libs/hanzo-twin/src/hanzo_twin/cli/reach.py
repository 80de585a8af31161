"""How a command gets at the API."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import typer

from hanzo_twin.cli.outcome import reported
from hanzo_twin.client import AsyncClient, Client, Retry
from hanzo_twin.client.access import Access, chosen

PATIENCE = Retry(within_s=15.0)
"""Somebody sits before the screen."""


@contextmanager
def api(profile: str | None, *, as_json: bool) -> Iterator[Client]:
    """A client of the place that a profile names; errors become a message and an exit code.

    Raises:
        typer.Exit: with the exit code of an error.
    """
    with reported(as_json=as_json):
        where = chosen(profile)
        with Client(where.url, where.tokens, retry=PATIENCE) as client:
            yield client


def asynchronously(
    profile: str | None, work: Callable[[AsyncClient, Access], Coroutine[Any, Any, None]], *, as_json: bool
) -> None:
    """Carry out what needs several things at once."""

    async def whole() -> None:
        where = chosen(profile)
        async with AsyncClient(where.url, where.tokens, retry=PATIENCE) as client:
            await work(client, where)

    with reported(as_json=as_json):
        asyncio.run(whole())


def organization(profile: str | None) -> str | None:
    """Whose twins lists show."""
    return chosen(profile).organization


def variables(profile: str | None) -> dict[str, str]:
    """For `${NAME}` in the YAML of a twin: the environment's, else those of the local stack."""
    return {**chosen(profile).variables, **os.environ}


def one_of(argument: str | None, option: str | None, what: str) -> str:
    """What is given as an argument or as an option.

    Raises:
        typer.BadParameter: neither or both are.
    """
    found = {given for given in (argument, option) if given}
    if len(found) != 1:
        raise typer.BadParameter(f"give the {what} once, as the argument NAME or with --name")
    return found.pop()
