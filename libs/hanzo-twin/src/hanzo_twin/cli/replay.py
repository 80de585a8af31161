"""`hanzo-twin replay verify`: is what the workers said what the journal folds to?"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer

from hanzo_twin.bus import open_twins
from hanzo_twin.cli.completion import complete_twin
from hanzo_twin.cli.outcome import carry_out, console, emit
from hanzo_twin.cli.surroundings import surroundings
from hanzo_twin.errors import ReplayDiffers
from hanzo_twin.replay import Report, verify
from hanzo_twin.replay.source import gather
from twin_common.blobs import S3Blobs

app = typer.Typer(help="Fold journals again.", no_args_is_help=True)


@app.callback()
def replay() -> None:
    """Fold journals again, apart from every worker."""


@app.command("verify")
def verify_command(
    name: Annotated[str, typer.Argument(help="Name or UUID of the twin.", autocompletion=complete_twin)],
    checkpoints: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Go on from the newest so many checkpoints; from all if not given.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Fold a twin's journal again from genesis and from every checkpoint, and compare bit for bit.

    Exits with 5 and names the first differing tick when anything differs.
    """
    carry_out(_verify(name, checkpoints, as_json), as_json=as_json)


async def _verify(name: str, checkpoints: int | None, as_json: bool) -> None:
    settings = surroundings()
    buckets = settings.storage.buckets
    async with await open_twins(settings) as twins:
        spec = await twins.find(name)
        evidence = await gather(
            twins,
            spec,
            S3Blobs(settings.storage, buckets.scenes),
            S3Blobs(settings.storage, buckets.checkpoints),
        )
    newest = sorted(evidence.checkpoints, key=lambda checkpoint: checkpoint[0].offset, reverse=True)
    report = await asyncio.to_thread(
        verify,
        evidence.journal,
        evidence.predictions,
        newest[:checkpoints],
        evidence.open_twin,
        evidence.unreadable,
    )
    if as_json:
        emit({"twin": spec.twin, "name": spec.name, "equal": not report.differences, **asdict(report)})
    else:
        console().print(_described(spec.name, report), soft_wrap=True)
    if report.differences:
        first = min(report.differences, key=lambda difference: difference.identity)
        raise ReplayDiffers(spec.name, first.tick, first.identity.offset, first.against, first.detail)


def _described(name: str, report: Report) -> str:
    verdict = (
        "equal to the last bit" if not report.differences else f"{len(report.differences)} comparisons differ"
    )
    parked = f"; parked: {report.parked}" if report.parked else ""
    waiting = f", {report.pending} frames not yet predicted by a worker" if report.pending else ""
    return (
        f"{name}: {report.records} journal records folded again, {report.predictions} predictions and "
        f"{report.checkpoints} checkpoints compared: {verdict}{waiting}{parked}\n"
        f"state digest {report.digest}"
    )
