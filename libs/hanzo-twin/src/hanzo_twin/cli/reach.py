"""How a command gets at the API."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import typer

from hanzo_twin.cli.outcome import reported
from hanzo_twin.client import AsyncClient, Client, Retry
from hanzo_twin.client.access import Access, chosen

SILENT_S = 3.0
"""So long nothing is said of attempts in vain where nobody looks on."""


class _Notice:
    """Tells once that there is another attempt, on the standard error."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def __call__(self, what: str, spent_s: float) -> None:
        if what not in self._told and (sys.stderr.isatty() or spent_s >= SILENT_S):
            self._told.add(what)
            print(f"{what}, trying again", file=sys.stderr)


def patience() -> Retry:
    """Somebody sits before the screen."""
    return Retry(within_s=15.0, notice=_Notice())


@contextmanager
def api(profile: str | None, *, as_json: bool) -> Iterator[Client]:
    """A client of the place that a profile names; errors become a message and an exit code.

    Raises:
        typer.Exit: with the exit code of an error.
    """
    with reported(as_json=as_json):
        where = chosen(profile)
        with Client(where.url, where.tokens, retry=patience()) as client:
            yield client


def asynchronously(
    profile: str | None, work: Callable[[AsyncClient, Access], Coroutine[Any, Any, None]], *, as_json: bool
) -> None:
    """Carry out what needs several things at once."""

    async def whole() -> None:
        where = chosen(profile)
        async with AsyncClient(where.url, where.tokens, retry=patience()) as client:
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
