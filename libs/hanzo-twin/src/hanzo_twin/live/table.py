"""The live picture as a table for the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hanzo_twin.live.model import LiveView
from hanzo_twin.models import Source

SHOWN = 6
"""Values that the table has room for."""
_COLOURS = {"running": "green", "starting": "yellow", "failed": "red", "parked": "red"}


def render(name: str, view: LiveView, notes: tuple[str, ...] = ()) -> RenderableType:
    """One twin as a table, with `notes` below it."""
    table = Table(title=f"twin {name}", title_justify="left", show_header=False, expand=False, min_width=64)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("state", _state(view))
    if view.failure:
        table.add_row("error", Text(view.failure, style="red"))
    for condition in view.conditions:
        table.add_row("condition", Text(condition, style="yellow"))
    table.add_row("readings in", f"{view.readings}{_per_second(view.readings_per_s)}")
    silence = f", silent for {view.silent_s:.1f} s" if view.silent_s is not None and view.silent_s > 1 else ""
    table.add_row("predictions out", f"{view.published}{_per_second(view.predictions_per_s)}{silence}")
    table.add_row("latency", f"p50 {_ms(view.latency['p50'])}   p99 {_ms(view.latency['p99'])}")
    for path, values in list(view.values.items())[:SHOWN]:
        numbers = " ".join(f"{value:10.5f}" for value in values)
        table.add_row("value", f"{numbers} {view.units.get(path, ''):<6}       {path}")
    if len(view.values) > SHOWN:
        table.add_row("", f"and {len(view.values) - SHOWN} more: hanzo-twin state {name}")
    for path, value in view.innovation_rms.items():
        table.add_row("innovation", f"{value:10.5f} {view.units.get(path, ''):<6} rms   {path}")
    for source in view.sources:
        closed = view.phase == "stopped" and not source.connected
        shown = Text("closed while the twin is stopped", style="dim") if closed else _source(source, view)
        table.add_row(f"source {source.name}", shown)
    for reason, count in view.refused.items():
        last = view.errors.get(reason)
        table.add_row("refused", Text(f"{count} {reason}{f': {last}' if last else ''}", style="yellow"))
    for reason, last in view.errors.items():
        if reason not in view.refused:
            table.add_row("note", Text(f"{reason}: {last}", style="yellow"))
    for warning in view.warnings:
        table.add_row("warning", Text(warning, style="yellow"))
    return Group(table, *(Text(note, style="dim") for note in notes))


def _state(view: LiveView) -> Text:
    text = Text(view.phase, style=_COLOURS.get(view.phase, ""))
    if view.worker:
        text.append(f"  on {view.worker}, incarnation {view.incarnation}, tick {view.tick}", style="default")
    return text


def _source(source: Source, view: LiveView) -> Text:
    if source.error:
        return Text(source.error, style="red")
    if not source.connected:
        return Text("not connected", style="red")
    if source.last_at is None:
        return Text("connected, nothing received yet", style="yellow")
    # as old as when the sync engine said so: a report that waits for the next one makes no source older
    age_s = max(0.0, view.reported_ns / 1e9 - source.last_at.timestamp())
    offset = f", clock {source.clock_offset_ns / 1e6:+.1f} ms" if source.clock_offset_ns else ""
    text = f"{source.received} messages, last {age_s:.1f} s before the report{offset}"
    return Text(text, style="green") if source.live else Text(f"not live: {text}", style="yellow")


def _per_second(rate: float | None) -> str:
    return "" if rate is None else f"   ({rate:.1f}/s)"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} ms"
