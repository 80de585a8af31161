"""`hanzo-twin stop NAME` and `hanzo-twin delete NAME`."""

from __future__ import annotations

from typing import Annotated

import typer

from hanzo_twin.bus import open_twins
from hanzo_twin.cli.completion import complete_twin
from hanzo_twin.cli.outcome import carry_out, console, emit
from hanzo_twin.cli.surroundings import surroundings
from hanzo_twin.launch import wait_stopped
from twin_schemas.records import Desired

Name = Annotated[str, typer.Argument(help="Name or UUID.", autocompletion=complete_twin, show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="End with one JSON object.")]


def stop(name: Name, as_json: AsJson = False) -> None:
    """Stop a twin and wait until it has stopped; its state is kept and `hanzo-twin run` goes on from it."""
    carry_out(_stop(name, as_json), as_json=as_json)


def delete(name: Name, as_json: AsJson = False) -> None:
    """Take a twin away for good: its specification, its state and its public stream."""
    carry_out(_delete(name, as_json), as_json=as_json)


async def _stop(name: str, as_json: bool) -> None:
    async with await open_twins(surroundings()) as twins:
        spec = await twins.find(name)
        if spec.desired is Desired.RUNNING:
            answer = await twins.stop(spec.twin)
            spec.revision = answer.version
            status = await wait_stopped(twins, spec)
            if status.code:
                console().print(f"it was {status.phase.value}, {status.code}: {status.message}")
        console().print(f"twin {spec.name} is stopped")
        if as_json:
            emit({"twin": spec.twin, "name": spec.name, "revision": spec.revision, "phase": "stopped"})


async def _delete(name: str, as_json: bool) -> None:
    async with await open_twins(surroundings()) as twins:
        spec = await twins.find(name)
        answer = await twins.delete(spec.twin)
        console().print(f"twin {spec.name} is deleted")
        if as_json:
            emit({"twin": spec.twin, "name": spec.name, "revision": answer.version, "phase": "deleted"})
