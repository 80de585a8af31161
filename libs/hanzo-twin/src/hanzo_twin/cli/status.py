"""`hanzo-twin status [NAME]`: what runs, how well, and what went wrong."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from hanzo_twin.bus import open_twins
from hanzo_twin.bus.directory import Reported
from hanzo_twin.cli.completion import complete_twin
from hanzo_twin.cli.outcome import carry_out, emit
from hanzo_twin.cli.surroundings import surroundings
from hanzo_twin.live.model import LiveModel, LiveView
from hanzo_twin.live.show import view_json
from hanzo_twin.live.table import render


def status(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Name or UUID; all twins if not given.", autocompletion=complete_twin, show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Show twins: phase, conditions, worker, progress, rates, and what was refused and why."""
    carry_out(_status(name, as_json), as_json=as_json)


async def _status(name: str | None, as_json: bool) -> None:
    settings = surroundings()
    async with await open_twins(settings) as twins:
        chosen = await twins.directory.reported()
        if name is not None:
            spec = await twins.find(name)
            chosen = tuple(item for item in chosen if item.spec.twin == spec.twin)
    views = [(item, reported_view(item)) for item in chosen]
    if as_json:
        shown = [status_json(item, view) for item, view in views]
        emit({"security_profile": settings.security.profile, "twins": shown})
        return
    out = Console(highlight=False)
    out.print(Text(f"security profile: {settings.security.profile}", style="dim"))
    if name is not None:
        for item, view in views:
            out.print(render(item.spec.name, view, time.time_ns()))
    elif views:
        out.print(overview(views))
    else:
        out.print("no twins; create one with: hanzo-twin run TWIN.yaml")


def reported_view(item: Reported) -> LiveView:
    """A twin's newest reports as a live view; rates and latency are the sync engine's of its last period."""
    model = LiveModel()
    if item.sim is not None:
        model.observe_sim(item.sim)
    if item.sync is not None:
        model.observe_sync(item.sync)
    return model.reported(time.time_ns())


def overview(views: list[tuple[Reported, LiveView]]) -> RenderableType:
    """All twins, one row each, and below what there is to say of them."""
    table = Table()
    for heading in ("twin", "phase", "worker"):
        table.add_column(heading, no_wrap=True)
    for heading in ("tick", "lag", "p99", "refused"):
        table.add_column(heading, justify="right", no_wrap=True)
    notes: list[Text] = []
    for item, view in views:
        name, wanted = item.spec.name, item.spec.desired.value
        p99 = view.latency["p99"]
        table.add_row(
            name,
            view.phase,
            view.worker,
            str(view.tick),
            f"{view.lag_ms:.1f} ms",
            "-" if p99 is None else f"{p99:.1f} ms",
            str(sum(view.refused.values())),
        )
        said = [] if view.phase == wanted else [f"shall be {wanted}"]
        said += [*([view.failure] if view.failure else []), *view.conditions]
        said += [f"source {source.name}: {source.error}" for source in view.sources if source.error]
        said += [f"refused {count} {reason}" for reason, count in view.refused.items()]
        notes += [Text(f"{name}: {text}", style="yellow") for text in said]
    return Group(table, *notes)


def status_json(item: Reported, view: LiveView) -> dict[str, object]:
    """One twin as `status --json` shows it."""
    spec = item.spec
    return {
        "twin": spec.twin,
        "name": spec.name,
        "organization": spec.org,
        "revision": spec.revision,
        "desired": spec.desired.value,
        "pool": spec.pool,
        "partition": spec.partition,
        "scene": spec.scene,
        "scene_version": spec.scene_version,
        **view_json(view),
        "counts": {
            "sim": dict(item.sim.counts) if item.sim else {},
            "sync": dict(item.sync.counts) if item.sync else {},
        },
    }
