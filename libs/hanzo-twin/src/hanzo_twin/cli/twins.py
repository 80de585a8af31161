"""`hanzo-twin list`: which twins there are."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import RenderableType

from hanzo_twin.cli.arguments import AsJson, Profile, Watch
from hanzo_twin.cli.reach import api, organization
from hanzo_twin.cli.shown import coloured, show, table, when
from hanzo_twin.models import Twin


def list_twins(
    tag: Annotated[
        list[str] | None, typer.Option(help="They have this tag. Repeatable: all of them.")
    ] = None,
    engine: Annotated[str | None, typer.Option(help="Type of their engine.")] = None,
    phase: Annotated[str | None, typer.Option(help="Such as running or failed.")] = None,
    org: Annotated[str | None, typer.Option(help="Owning organisation.")] = None,
    watch: Watch = False,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """List twins by name."""
    with api(profile, as_json=as_json) as client:
        owner = org or organization(profile)

        def ask() -> tuple[object, RenderableType]:
            found = list(client.list_twins(org=owner, tags=tag or (), engine=engine, phase=phase))
            return {"twins": [json.loads(twin.model_dump_json()) for twin in found]}, _table(found)

        show(ask, as_json=as_json, watch=watch)


def _table(found: list[Twin]) -> RenderableType:
    if not found:
        return "no twins; create one with: hanzo-twin create --config TWIN.yaml"
    made = table("twin", "phase", "engine", "scene", "revision", "tags", "changed", numbers=("revision",))
    for twin in found:
        scene = f"{twin.scene.name} v{twin.scene.version}" if twin.scene else ""
        tags = ", ".join(twin.tags)
        made.add_row(
            twin.name,
            coloured(twin.phase),
            twin.engine,
            scene,
            str(twin.revision),
            tags,
            when(twin.updated_at),
        )
    return made
