"""The `hanzo-twin` command. A new subcommand is one module and one line in `COMMANDS`.

Only the module of the asked command is imported, so that none pays for the libraries of the others. The exit
codes are in `hanzo_twin.errors`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import typer

COMMANDS = {
    "create": "hanzo_twin.cli.create:create",
    "start": "hanzo_twin.cli.lifecycle:start",
    "stop": "hanzo_twin.cli.lifecycle:stop",
    "status": "hanzo_twin.cli.status:status",
    "list": "hanzo_twin.cli.twins:list_twins",
    "watch": "hanzo_twin.cli.watch:watch",
    "state": "hanzo_twin.cli.watch:state",
    "update": "hanzo_twin.cli.create:update",
    "delete": "hanzo_twin.cli.lifecycle:delete",
    "run": "hanzo_twin.cli.run:run",
    "scene": "hanzo_twin.cli.scene:app",
    "dlq": "hanzo_twin.cli.dlq:app",
    "replay": "hanzo_twin.cli.replay:app",
    "schema": "hanzo_twin.cli.schema:app",
    "profile": "hanzo_twin.cli.profile:app",
    "token": "hanzo_twin.cli.token:token",
    "whoami": "hanzo_twin.cli.whoami:whoami",
    "dev": "hanzo_twin.cli.dev:app",
    "demo": "hanzo_twin.cli.demo:demo",
    "fork": "hanzo_twin.cli.later:fork",
    "chaos": "hanzo_twin.cli.later:chaos",
    "synthdata": "hanzo_twin.cli.later:synthdata",
    "train": "hanzo_twin.cli.later:train",
}
"""Each command's name, and where the function or group is that carries it out."""

LATER = "hanzo_twin.cli.later"
_ANYTHING = {"allow_extra_args": True, "ignore_unknown_options": True}


def build(names: Sequence[str] = tuple(COMMANDS)) -> typer.Typer:
    """The command with some of its subcommands; those whose extra isn't installed are left out.

    Raises:
        ModuleNotFoundError: the only one that is asked for needs what isn't installed.
    """
    app = typer.Typer(
        name="hanzo-twin",
        help="Digital twins that are a function of their journal.",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
    )
    app.callback()(_root)  # with a callback, a single subcommand keeps its name
    for name in names:
        module, _, attribute = COMMANDS[name].partition(":")
        try:
            found = getattr(import_module(module), attribute)
        except ModuleNotFoundError:  # what is there and broken is no missing extra
            if len(names) == 1:
                raise
            continue
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        elif module == LATER:
            app.command(name, context_settings=_ANYTHING, hidden=True)(found)
        else:
            app.command(name)(found)
    return app


def main() -> None:
    """Run the command line of this process."""
    asked = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    completing = "_HANZO_TWIN_COMPLETE" in os.environ
    try:
        app = build([asked] if asked in COMMANDS and not completing else tuple(COMMANDS))
    except ModuleNotFoundError as error:
        needs = "hanzo-twin[bus]" if asked == "replay" else "hanzo-twin[stack]"
        print(f"error: {asked} needs more than the client: pip install '{needs}' ({error})", file=sys.stderr)
        raise SystemExit(2) from None
    app(prog_name="hanzo-twin")


def _say_version(wanted: bool) -> None:
    if wanted:
        print(f"hanzo-twin {version('hanzo-twin')}")
        raise typer.Exit


def _root(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Digital twins that are a function of their journal."""
