"""Commands of the standard that aren't built yet: they say so instead of being unknown."""

from __future__ import annotations

from collections.abc import Callable

import typer

from hanzo_twin.cli.outcome import reported
from hanzo_twin.errors import HanzoTwinError


class NotBuilt(HanzoTwinError, NotImplementedError):
    """A command that comes later."""

    exit_code = 2


def _later(name: str, does: str) -> Callable[[typer.Context], None]:
    def command(context: typer.Context) -> None:
        with reported(as_json="--json" in context.args):
            raise NotBuilt(f"hanzo-twin {name} is not built yet; it will {does}")

    command.__doc__ = f"Not built yet: it will {does}."
    return command


fork = _later("fork", "fork a twin for what-if analysis")
chaos = _later("chaos", "inject failures into infrastructure twins")
synthdata = _later("synthdata", "generate labelled data sets")
train = _later("train", "train policies on a twin")
