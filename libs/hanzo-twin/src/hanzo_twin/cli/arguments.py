"""Arguments and options that many commands have, so that they mean the same everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

from hanzo_twin.cli.completion import complete_profile, complete_scene, complete_twin

Twin = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="Name, twin-<name> or UUID of the twin.",
        autocompletion=complete_twin,
        show_default=False,
    ),
]
MaybeTwin = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        help="Name, twin-<name> or UUID of the twin; all if not given.",
        autocompletion=complete_twin,
        show_default=False,
    ),
]
Scene = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME", help="Name or UUID of the scene.", autocompletion=complete_scene, show_default=False
    ),
]
SceneName = Annotated[
    str | None,
    typer.Option(
        "--name",
        help="The same as the argument.",
        autocompletion=complete_scene,
        show_default=False,
    ),
]
SceneVersion = Annotated[
    int | None, typer.Option("--version", min=1, help="Version of the scene; the newest if not given.")
]
DeletedVersion = Annotated[
    int | None,
    typer.Option(
        "--version", min=1, help="This version only; the whole scene if not given.", show_default=False
    ),
]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        "-o",
        help="Where to: a profile, or `local` for the stack on this machine.",
        autocompletion=complete_profile,
        show_default="the one in use",
    ),
]
Reason = Annotated[str | None, typer.Option("--reason", help="Why, for the record.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on one line instead of text.")]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Show it again and again, until Ctrl-C.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it has happened.")]
