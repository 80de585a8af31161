"""`hanzo-twin status [NAME]`: what runs, how well, and what went wrong."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from hanzo_twin.cli.arguments import AsJson, MaybeTwin, Profile, Watch
from hanzo_twin.cli.reach import api, organization
from hanzo_twin.cli.shown import coloured, pairs, show, table, when
from hanzo_twin.client import Client, NotFound
from hanzo_twin.live.model import LiveModel, LiveView
from hanzo_twin.live.show import view_json
from hanzo_twin.live.table import render
from hanzo_twin.models import SyncStatus, Twin

_AT_ONCE: Final = 8

Seen = tuple[Twin, SyncStatus, LiveView]


def status(
    name: MaybeTwin = None, watch: Watch = False, profile: Profile = None, as_json: AsJson = False
) -> None:
    """Show twins: phase, conditions, worker, progress, rates, and what was refused and why."""
    with api(profile, as_json=as_json) as client:
        owner = organization(profile)

        def ask() -> tuple[object, RenderableType]:
            seen = [one(client, client.get_twin(name))] if name else _all(client, owner)
            told = {"twins": [status_json(each) for each in seen]}
            if name:
                twin, _, view = seen[0]
                return told, Group(render(twin.name, view), definition(twin))
            return told, overview(seen)

        show(ask, as_json=as_json, watch=watch)


def one(client: Client, twin: Twin) -> Seen:
    """A twin with its newest reports."""
    sync = client.get_sync_status(twin.id)
    model = LiveModel()
    model.observe_twin(twin)
    model.observe_sync(sync)
    return twin, sync, model.reported(time.time_ns())


def _all(client: Client, org: str | None) -> list[Seen]:
    """All twins, a few of them asked about at once."""
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        seen = pool.map(lambda twin: _unless_gone(client, twin), client.list_twins(org=org))
        return [each for each in seen if each is not None]
    finally:
        pool.shutdown(cancel_futures=True)


def _unless_gone(client: Client, twin: Twin) -> Seen | None:
    try:
        return one(client, twin)
    except NotFound:  # it was deleted in between
        return None


def overview(seen: list[Seen]) -> RenderableType:
    """All twins, one row each, and below what there is to say of them."""
    if not seen:
        return "no twins; create one with: hanzo-twin create --config TWIN.yaml"
    made = table(
        "twin",
        "phase",
        "sync",
        "worker",
        "tick",
        "lag",
        "p99",
        "refused",
        numbers=("tick", "lag", "p99", "refused"),
    )
    notes: list[Text] = []
    for twin, sync, view in seen:
        p99 = view.latency["p99"]
        made.add_row(
            twin.name,
            coloured(view.phase),
            coloured(sync.state),
            view.worker,
            str(view.tick),
            f"{view.lag_ms:.1f} ms",
            "-" if p99 is None else f"{p99:.1f} ms",
            str(sum(view.refused.values())),
        )
        said = [*([view.failure] if view.failure else []), *view.conditions, *_restart(twin)]
        said += [f"source {source.name}: {source.error}" for source in view.sources if source.error]
        said += [f"refused {count} {reason}" for reason, count in view.refused.items()]
        notes += [Text(f"{twin.name}: {text}", style="yellow") for text in said]
    return Group(made, *notes)


def definition(twin: Twin) -> RenderableType:
    """Which revision it has and of whom, and what of the definition one changes while it runs."""
    sync = (twin.definition or {}).get("sync") or {}
    changed = f"{when(twin.updated_at)} UTC" if twin.updated_at else ""
    revision = ", ".join(part for part in (str(twin.revision), changed, twin.updated_by or "") if part)
    rate, budget = sync.get("rate_hz"), sync.get("latency_budget_ms")
    waiting = (twin.pending_definition or {}).get("sync") or {}
    if waiting.get("rate_hz", rate) != rate:
        rate = f"{rate} Hz; {waiting['rate_hz']} Hz from the next start"
    elif rate is not None:
        rate = f"{rate} Hz"
    shown = pairs(
        revision=revision,
        reason=twin.reason,
        rate=rate,
        latency_budget=None if budget is None else f"{budget} ms",
        tags=", ".join(twin.tags),
    )
    return Group(shown, *(Text(note, style="dim") for note in _restart(twin)))


def _restart(twin: Twin) -> tuple[str, ...]:
    waiting = ", ".join(twin.restart_needed)
    return (f"changed, from the next start: {waiting}",) if waiting else ()


def status_json(seen: Seen) -> dict[str, object]:
    """One twin as `status --json` shows it."""
    twin, sync, view = seen
    placement, scene = twin.placement, twin.scene
    return {
        "twin": twin.id,
        "name": twin.name,
        "organization": twin.organization,
        "revision": twin.revision,
        "updated_by": twin.updated_by,
        "reason": twin.reason,
        "tags": list(twin.tags),
        "desired": twin.desired,
        "sync": sync.state,
        "pool": placement.pool if placement else None,
        "partition": placement.partition if placement else None,
        "scene": scene.name if scene else None,
        "scene_version": scene.version if scene else None,
        "restart_needed": list(twin.restart_needed),
        **view_json(view),
        "counts": {"sim": dict(twin.sim.counts) if twin.sim else {}, "sync": dict(sync.counts)},
    }
