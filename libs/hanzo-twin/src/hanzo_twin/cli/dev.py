"""`hanzo-twin dev up|down|scale|restart|status|logs`: the whole platform on this machine."""

from __future__ import annotations

import os
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table
from rich.text import Text

from hanzo_twin.cli.outcome import console, emit, reported
from hanzo_twin.cli.restarting import restart
from hanzo_twin.cli.scaling import scale
from hanzo_twin.stack import control, services
from hanzo_twin.stack.errors import PartUnknown, StackNotRunning
from hanzo_twin.stack.files import last_lines
from hanzo_twin.stack.home import Home, find_home
from hanzo_twin.stack.parts.kafka import nodes_of
from hanzo_twin.stack.plan import External, Plan, read_plan
from hanzo_twin.stack.state import PartState, Phase, StackState, read_state

app = typer.Typer(help="Start, watch and stop the platform on this machine.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")]


class _Nodes(StrEnum):
    ONE = "1"
    THREE = "3"


_STYLES = {
    Phase.READY: "green",
    Phase.EXTERNAL: "green",
    Phase.FAILED: "bold red",
    Phase.DEGRADED: "bold red",
    Phase.STARTING: "yellow",
}


@app.command()
def up(
    workers: Annotated[int | None, typer.Option(min=0, help="Simulation workers.", show_default="2")] = None,
    parts_only: Annotated[
        bool, typer.Option("--parts-only", help="Kafka, MQTT, PostgreSQL and S3 without our services.")
    ] = False,
    brokers: Annotated[
        _Nodes | None,
        typer.Option(
            help="Kafka nodes, 1 or 3; one of three may die, and nothing is lost.", show_default="1"
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start everything in the background, and return when it answers.

    A broker, database or store that the configuration names is used instead of starting one. Run again, it
    starts what has ended since, and else does nothing.
    """
    with reported(as_json=as_json):
        home = find_home()
        plan = _plan(_services(home, workers, parts_only), _brokers(home, brokers))
        begin = time.monotonic()
        before = read_state(home)
        progress = _Progress(before)
        state = control.up(home, plan, terminal=_terminal(), watch=progress.show)
        if as_json:
            emit(_described(home, state))
        elif before is not None and state == before:
            console().print("already running; see: hanzo-twin dev status")
        else:
            console().print(f"ready in {time.monotonic() - begin:.1f} s")


@app.command()
def down(as_json: AsJson = False) -> None:
    """Stop everything that was started; the data stay."""
    with reported(as_json=as_json):
        home = find_home()
        ran = control.down(home)
        if as_json:
            emit({"home": str(home.root), "ran": ran})
        else:
            console().print("stopped" if ran else "nothing was running")


app.command()(scale)
app.command()(restart)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show every part: what it does, where it is reached, and why it ended."""
    with reported(as_json=as_json):
        home = find_home()
        state = read_state(home)
        if state is None or not (state.running() or state.alive()):
            raise StackNotRunning(f"no stack runs in {home.root}; start it with: hanzo-twin dev up")
        if as_json:
            emit(_described(home, state))
        else:
            _show(home, state)
        healthy = state.running() and not any(_phase(part) is Phase.FAILED for part in state.parts)
    if not healthy:
        raise typer.Exit(1)


@app.command()
def logs(
    part: Annotated[str | None, typer.Argument(help="A part or service; all if not given.")] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="Last lines of each.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the last lines of the logs."""
    with reported(as_json=as_json):
        home = find_home()
        known = tuple(sorted(path.stem for path in home.logs.glob("*.log")))
        # The name of a service stands for all its processes.
        chosen = [name for name in known if part is None or name == part or name.startswith(f"{part}-")]
        if not chosen:
            raise PartUnknown(part or "", known)
        found = {name: last_lines(home.log(name), lines) for name in chosen}
        if as_json:
            emit(found)
            return
        for name, tail in found.items():
            if len(found) > 1:
                print(f"== {name} ({home.log(name)})")
            print("\n".join(tail))


class _Progress:
    """Prints each part that begins to answer, once."""

    def __init__(self, before: StackState | None) -> None:
        running = before is not None and before.running()
        self._known = {part.process for part in before.alive()} if before is not None and running else set()
        self._shown: set[str] = set()

    def show(self, state: StackState) -> None:
        for part in state.parts:
            answers = part.phase in (Phase.READY, Phase.EXTERNAL)
            if answers and part.name not in self._shown and part.process not in self._known:
                self._shown.add(part.name)
                console().print(f"  {part.name:<16} {_ready(part):<9} {part.address}", soft_wrap=True)


def _services(home: Home, workers: int | None, parts_only: bool) -> dict[str, int]:
    state = read_state(home)
    running = read_plan(home).services if state is not None and state.running() else {}
    if parts_only:
        return running
    usual = services.usual() | running
    return usual if workers is None else usual | {"sim-worker": workers}


def _brokers(home: Home, wanted: _Nodes | None) -> Literal[1, 3]:
    """As many as the home has had, unless others are wanted."""
    three = nodes_of(home) == 3 if wanted is None else wanted is _Nodes.THREE
    return 3 if three else 1


def _plan(counts: dict[str, int], brokers: Literal[1, 3]) -> Plan:
    from twin_common.settings import load_settings

    settings = load_settings()
    organization = settings.security.organization
    return Plan(
        services=counts,
        external=External.from_settings(settings),
        organization=organization,
        brokers=brokers,
    )


def _terminal() -> int | None:
    """Where the supervisor may report a crash after this command has ended: a terminal, never a pipe."""
    return os.dup(sys.stderr.fileno()) if sys.stderr.isatty() else None


def _phase(part: PartState) -> Phase:
    """A part's phase; what the supervisor last wrote may be older than the end of its process."""
    ended = part.phase is Phase.READY and part.process is not None and not part.process.alive()
    return Phase.FAILED if ended else part.phase


def _ready(part: PartState) -> str:
    return "external" if part.phase is Phase.EXTERNAL else f"{part.ready_s or 0.0:.1f} s"


def _show(home: Home, state: StackState) -> None:
    from hanzo_twin.cli.shown import out as standard_output

    out = standard_output()
    tokens = "verified tokens" if state.connection and state.connection.issuer_url else "no tokens"
    profile = f"security profile: development (plain text, loopback only, {tokens}); home: {home.root}"
    out.print(Text(profile, style="dim"), soft_wrap=True)
    if state.connection is not None and state.part("api-gateway") is not None:
        out.print(
            Text(f"API: {state.connection.api_url} (documented at {state.connection.api_url}/docs)"),
            soft_wrap=True,
        )
    if not state.running():
        out.print(
            "the supervisor was killed; stop what it left with: hanzo-twin dev down",
            style="bold red",
            soft_wrap=True,
        )
    table = Table("part", "phase", "pid", "address", "memory")
    for part in state.parts:
        phase = _phase(part)
        process = part.process.process() if part.process else None
        memory = "" if process is None else f"{_family_mb(part)} MB"
        pid = "" if process is None else str(process.pid)
        table.add_row(part.name, Text(phase, style=_STYLES.get(phase, "")), pid, part.address, memory)
    out.print(table)
    for part in state.parts:
        if _phase(part) is Phase.FAILED:
            out.print(
                f"{part.name} {part.ended or 'has ended'}; the last lines of its log:", style="bold red"
            )
            for line in part.tail or last_lines(home.log(part.name), 12):
                out.print(f"    {line}", markup=False, soft_wrap=True)
            out.print("start it again with: hanzo-twin dev up")


def _family_mb(part: PartState) -> int:
    """Memory of a part's processes in 1e6 bytes; what they share is divided among them."""
    from hanzo_twin.stack.processes import family, resident

    return round(sum(resident(process) for process in family([part.process] if part.process else [])) / 1e6)


def _described(home: Home, state: StackState) -> dict[str, object]:
    parts = {
        part.name: {
            "phase": str(_phase(part)),
            "pid": part.process.pid if part.process and part.process.alive() else None,
            "address": part.address,
            "ports": part.ports,
            "ready_s": part.ready_s,
            "log": str(home.log(part.name)),
            "ended": part.ended,
            "tail": list(part.tail),
        }
        for part in state.parts
    }
    return {
        "phase": str(state.phase) if state.running() else "unsupervised",
        "security_profile": "development",
        "api": state.connection.api_url if state.connection and state.part("api-gateway") else None,
        "issuer": (state.connection.issuer_url or None) if state.connection else None,
        "home": str(Path(home.root)),
        "supervisor": state.supervisor.pid,
        "parts": parts,
        "error": state.error,
    }
