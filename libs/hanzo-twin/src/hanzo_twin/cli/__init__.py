"""The `hanzo-twin` command. A new subcommand is one module and one line in `COMMANDS`.

Only the module of the asked command is imported, so that none pays for the libraries of the others. The exit
codes are in `hanzo_twin.errors`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import typer

COMMANDS = {
    "demo": "hanzo_twin.cli.demo:demo",
    "dev": "hanzo_twin.cli.dev:app",
    "run": "hanzo_twin.cli.run:run",
    "status": "hanzo_twin.cli.status:status",
    "stop": "hanzo_twin.cli.stop:stop",
    "delete": "hanzo_twin.cli.stop:delete",
    "replay": "hanzo_twin.cli.replay:app",
    "token": "hanzo_twin.cli.token:token",
}
"""Each command's name, and where the function or group is that carries it out."""


def build(names: Sequence[str] = tuple(COMMANDS)) -> typer.Typer:
    """The command with some of its subcommands."""
    app = typer.Typer(
        name="hanzo-twin",
        help="Digital twins that are a function of their journal.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    app.callback()(_root)  # with a callback, a single subcommand keeps its name
    for name in names:
        module, _, attribute = COMMANDS[name].partition(":")
        found = getattr(import_module(module), attribute)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app


def main() -> None:
    """Run the command line of this process."""
    asked = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    completing = "_HANZO_TWIN_COMPLETE" in os.environ
    build([asked] if asked in COMMANDS and not completing else tuple(COMMANDS))(prog_name="hanzo-twin")


def _root() -> None:
    """Digital twins that are a function of their journal."""
