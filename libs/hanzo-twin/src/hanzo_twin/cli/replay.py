"""`hanzo-twin replay verify`: is what the workers said what the journal folds to?"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from hanzo_twin.bus import open_twins
from hanzo_twin.cli.completion import complete_twin
from hanzo_twin.cli.outcome import carry_out, console, emit
from hanzo_twin.cli.surroundings import surroundings
from hanzo_twin.errors import BuildNeeded, ReplayDiffers
from hanzo_twin.replay import Report
from hanzo_twin.replay.elsewhere import Elsewhere
from hanzo_twin.replay.judging import Judge, incarnations
from hanzo_twin.replay.moment import Moment
from hanzo_twin.replay.source import Checkpoint, Evidence, gather
from hanzo_twin.replay.state import past_state
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
    since: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="TIME|OFFSET",
            help="Begin at the last state that is kept in front of this time or journal offset.",
            show_default=False,
        ),
    ] = None,
    python: Annotated[
        str | None,
        typer.Option(
            "--with",
            metavar="PYTHON",
            help="The python of an environment with an older build, for incarnations that were begun with it.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Fold a twin's journal again from genesis and from every checkpoint, and compare bit for bit.

    Exits with 5 and names the first differing tick when anything differs. Exits with 6 when some of it can be
    folded only with another build, which it names; what this one can fold is compared all the same.
    """
    carry_out(_verify(name, checkpoints, since, python, as_json), as_json=as_json)


@app.command("state")
def state_command(
    name: Annotated[str, typer.Argument(help="Name or UUID of the twin.", autocompletion=complete_twin)],
    at: Annotated[
        str, typer.Option("--at", metavar="TIME|OFFSET", help="A time, or an offset of the journal.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Show a twin's state at a moment of its past, folded again from the nearest state that is kept.

    Its digest is that of a checkpoint taken there, to the last bit.
    """
    carry_out(_state(name, at, as_json), as_json=as_json)


async def _state(name: str, at: str, as_json: bool) -> None:
    moment, settings = Moment.parse(at), surroundings()
    buckets = settings.storage.buckets
    async with await open_twins(settings) as twins:
        spec = await twins.find(name)
        found = await past_state(
            twins,
            spec,
            S3Blobs(settings.storage, buckets.scenes),
            S3Blobs(settings.storage, buckets.checkpoints),
            moment,
        )
    if as_json:
        emit({"twin": spec.twin, "name": spec.name, **asdict(found)})
        return
    lines = [
        f"{path} {' '.join(f'{value:.9g}' for value in values)}" for path, values in found.values.items()
    ]
    console().print(
        f"{spec.name}: tick {found.tick} of incarnation {found.incarnation}, after journal offset {found.offset} "
        f"({found.folded} records folded from offset {found.from_offset})\n"
        + "".join(f"  {line}\n" for line in lines)
        + (f"parked: {found.parked}\n" if found.parked else "")
        + f"state digest {found.digest}",
        soft_wrap=True,
    )


async def _verify(
    name: str, checkpoints: int | None, since: str | None, python: str | None, as_json: bool
) -> None:
    moment = Moment.parse(since) if since is not None else None
    settings = surroundings()
    buckets = settings.storage.buckets
    async with await open_twins(settings) as twins:
        spec = await twins.find(name)
        evidence = await gather(
            twins,
            spec,
            S3Blobs(settings.storage, buckets.scenes),
            S3Blobs(settings.storage, buckets.checkpoints),
            moment,
        )
        stamps = incarnations(evidence).values()
        store = S3Blobs(settings.storage, buckets.scenes)
        scenes = (
            [await store.get(digest) for digest in {each.scene_digest for each in stamps}] if python else []
        )
    newest = sorted(evidence.checkpoints, key=lambda checkpoint: checkpoint[0].offset, reverse=True)
    reports, lacking = await asyncio.to_thread(_judge, evidence, scenes, newest[:checkpoints], python)
    differences = [each for report in reports for each in report.differences]
    if as_json:
        found = [{"equal": not report.differences, **asdict(report)} for report in reports]
        equal = not differences and not lacking
        whole = {"twin": spec.twin, "name": spec.name, "equal": equal, "needs_build": lacking}
        emit({**(found[0] if found else {}), **whole, "others": found[1:]})
    else:
        for report in reports:
            console().print(_described(spec.name, report), soft_wrap=True)
    if differences:
        first = min(differences, key=lambda difference: difference.identity)
        raise ReplayDiffers(spec.name, first.tick, first.identity.offset, first.against, first.detail)
    if lacking:
        raise BuildNeeded(spec.name, lacking)


def _judge(
    evidence: Evidence, scenes: Sequence[bytes], checkpoints: Sequence[Checkpoint], python: str | None
) -> tuple[list[Report], Mapping[int, str]]:
    if python is None:
        judge = Judge(evidence, scenes)
        return judge.reports(checkpoints), judge.lacking
    with Elsewhere(python) as other:
        judge = Judge(evidence, scenes, other)
        return judge.reports(checkpoints), judge.lacking


def _described(name: str, report: Report) -> str:
    verdict = (
        "equal to the last bit" if not report.differences else f"{len(report.differences)} comparisons differ"
    )
    parked = f"; parked: {report.parked}" if report.parked else ""
    waiting = f", {report.pending} frames not yet predicted by a worker" if report.pending else ""
    waiting += f", {report.lost} results of records that the journal has lost" if report.lost else ""
    return (
        f"{name}: {report.records} journal records folded again, {report.predictions} predictions and "
        f"{report.checkpoints} checkpoints compared: {verdict}{waiting}{parked}\n"
        f"state digest {report.digest}"
    )
