"""`hanzo-twin schema twin`: what a twin's YAML may say."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from hanzo_twin.cli.outcome import reported
from hanzo_twin.errors import HanzoTwinError

app = typer.Typer(help="Print the schemas of files that users write.", no_args_is_help=True)


class NotInstalled(HanzoTwinError, ImportError):
    """A command needs an extra that isn't installed."""

    exit_code = 2


@app.callback()
def schema() -> None:
    """Print the schemas of files that users write."""


@app.command()
def twin(
    as_json: Annotated[bool, typer.Option("--json", help="On one line.")] = False,
) -> None:
    """Print the JSON schema of a twin's YAML, the sync configuration included; editors check files with it."""
    with reported(as_json=as_json):
        try:
            from twin_common.definition import TwinDefinition
        except ImportError:
            raise NotInstalled("the schema comes with the extra bus: pip install 'hanzo-twin[bus]'") from None
        described = TwinDefinition.model_json_schema()
        sys.stdout.write(json.dumps(described, indent=None if as_json else 2) + "\n")
