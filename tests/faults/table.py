"""The table of faults: inject each kind again and again into a platform under load, and judge what was lost or doubled.

    python tests/faults/table.py                             all cells, one line each
    python tests/faults/table.py kill-sim-worker 'cut-*'     some of them
    python tests/faults/table.py --list
    python tests/faults/table.py --mutants                   builds that are broken on purpose

Strikes come at moments that the seed decides. The truth is the plants' own send log, raw topics and PostgreSQL. The
exit code is 1 when a cell has lost or doubled something, or recovered too late.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "bench")]

from _harness import Claim, arguments, conclude, table  # noqa: E402
from faulting.cell import GOAL_S, Away  # noqa: E402
from faulting.environment.disks import clear_left_over  # noqa: E402
from faulting.load import Weight  # noqa: E402
from faulting.mutants import MUTANTS, caught  # noqa: E402
from faulting.registry import chosen  # noqa: E402
from faulting.running import GAPS, Row, run_cells, say  # noqa: E402
from faulting.verdict import FINDINGS  # noqa: E402

HEADINGS = (
    "cell", "strikes", "commands", "lost", "doubled", "ticks", "a second", "missing", "gaps", "named", "dropped",
    "outage", "repeated", "torn", "recovery s", "longest", "others", "",
)  # fmt: skip


def line(row: Row) -> list[object]:
    """One row as cells."""
    v = row.verdict
    usual = statistics.median(v.recovery_s) if v.recovery_s else 0.0
    missing = len(v.missing) + len(v.again) + len(v.unpredicted) + len(v.silent)
    return [
        row.cell.name, len(row.strikes), v.accepted, len(v.lost), len(v.doubled) + len(v.twice), v.frames,
        round(v.rate), missing, v.gaps, v.named, v.dropped, v.outage, v.repeated, v.torn,
        f"{usual:.2f}", f"{max(v.recovery_s, default=0.0):.2f}", f"{max(v.others_s, default=0.0):.2f}",
        "ok" if row.ok else ", ".join(_what_is_wrong(row)),
    ]  # fmt: skip


def _what_is_wrong(row: Row) -> list[str]:
    also = {
        "late": row.late,
        "unfelt": row.unfelt,
        "gappy": row.gappy,
        "idle": row.idle,
        "broken": row.broken,
    }
    return [*(name for name, _ in row.verdict.faults()), *(name for name, wrong in also.items() if wrong)]


def claims(rows: Sequence[Row], whole_min: float | None = None) -> list[Claim]:
    """What all rows together have to hold, and how long each may take; `whole_min`: minutes of a whole table."""
    found = [
        Claim.of(says, sum(len(getattr(row.verdict, name)) for row in rows), "==", 0)
        for name, says in FINDINGS.items()
    ]
    for row in rows:
        if row.cell.recovery.goal_s is not None:
            longest = max(row.verdict.recovery_s, default=0.0)
            goal = row.cell.recovery.goal_s
            found.append(Claim.of(f"{row.cell.name}: longest recovery, s", longest, "<=", goal))
        if row.verdict.others_s:
            says = f"{row.cell.name}: longest silence of a twin that wasn't struck, s"
            found.append(Claim.of(says, max(row.verdict.others_s), "<=", GOAL_S))
    spared = [row.verdict.gap_share for row in rows if row.cell.spares_readings]
    if spared:
        says = "share of gap frames, most of the cells that strike nothing on the readings' way"
        found.append(Claim.of(says, max(spared), "<=", GAPS))
    if rows:
        accepted = min(row.verdict.accepted for row in rows)
        found.append(Claim.of("accepted commands, least of a cell", accepted, ">=", 1))
    found.append(Claim.of("cells whose strikes mostly nobody felt", sum(row.unfelt for row in rows), "==", 0))
    found.append(Claim.of("cells broken off", sum(row.broken is not None for row in rows), "==", 0))
    rates = [row.verdict.rate for row in rows if row.cell.away is Away.NEVER]
    if rates:
        says = "frames a second, least of the cells that strike nobody who writes"
        found.append(Claim.of(says, min(rates), ">=", 300))
    if whole_min is not None:
        found.append(Claim.of("minutes of the whole table", whole_min, "<=", 90))
    return found


async def judge_mutants(options: argparse.Namespace) -> int:
    """Run broken builds, those that are named or all; each must be caught by its cell.

    Raises:
        SystemExit: there is no such build.
    """
    if unknown := set(options.cells) - {each.name for each in MUTANTS}:
        raise SystemExit(
            f"no broken build {', '.join(sorted(unknown))}; there are {', '.join(each.name for each in MUTANTS)}"
        )
    weight = Weight(options.seed, options.plants)
    held, rows = [], []
    for mutant in MUTANTS:
        if options.cells and mutant.name not in options.cells:
            continue
        row = await caught(mutant, weight, strikes=options.strikes, keep=options.keep)
        found = {name: len(what) for name, what in row.verdict.faults()}
        rows.append(
            [mutant.name, mutant.cell, len(row.strikes), ", ".join(f"{n} {c}" for n, c in found.items())]
        )
        held.append(
            Claim.of(
                f"{mutant.name} was caught", sum(found.get(each, 0) for each in mutant.caught_by), ">=", 1
            )
        )
    table(["broken build", "cell", "strikes", "found"], rows)
    return conclude(held, as_json=options.json)


async def main() -> int:
    me = asyncio.current_task()
    assert me is not None
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGTERM, me.cancel
    )  # leaves nothing behind then, either
    parser = arguments(__doc__ or "")
    parser.add_argument("cells", nargs="*", help="names; all of them if none is given")
    parser.add_argument("--seed", type=int, default=82)
    parser.add_argument("--strikes", type=int, help="of each cell; else 20 of each kill and 5 of each other")
    parser.add_argument("--plants", type=int, default=11, help="30 frames a second each")
    parser.add_argument("--keep", type=Path, help="folder in which data and logs of the stages are left")
    parser.add_argument(
        "--mutants", action="store_true", help="run builds that are broken on purpose: all are caught"
    )
    parser.add_argument("--list", action="store_true", help="say which cells there are")
    options = parser.parse_args()
    clear_left_over()
    if options.mutants:
        return await judge_mutants(options)
    cells = chosen(" ".join(options.cells))
    if options.list:
        table(
            ["cell", "group", "stage", "strikes", "what"],
            [[c.name, c.group, c.surroundings.name, c.kind.strikes, c.says] for c in cells],
        )
        return 0
    began, rows, weight = time.monotonic(), [], Weight(options.seed, options.plants)
    try:
        async for row in run_cells(cells, weight=weight, strikes=options.strikes, keep=options.keep):
            rows.append(row)
            say("  ".join(f"{name} {value}" for name, value in zip(HEADINGS, line(row), strict=True)))
    finally:  # what was seen so far is told, whoever ends this
        table(HEADINGS, [line(row) for row in rows])
    minutes = (time.monotonic() - began) / 60
    print(f"\n{sum(len(row.strikes) for row in rows)} strikes in {minutes:.0f} min")  # noqa: T201
    whole = not options.cells and options.strikes is None
    return conclude(claims(rows, minutes if whole else None), as_json=options.json)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
