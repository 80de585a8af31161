"""Kill workers under load: how long are their twins away, and is anything lost or wrong?

Eleven pendulums at 30 Hz, two workers, two sync engines. At seeded random moments the worker that holds more twins
gets a SIGKILL; once the other has taken over, it is started again. Then a worker and a sync engine are frozen for
longer than the session time-out and thawed. The truth is the raw topics: every frame in force needs one prediction,
repeats must be equal in every byte, and a separate process folds every journal again.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _harness import Claim, arguments, conclude, table
from _plants import moving
from _platform import Platform, percentile, platform

from hanzo_twin.audit.entries import JournalEntry
from hanzo_twin.audit.frames import frames_in_force
from twin_schemas.records import SimPhase, SourcesAcquired, TimeDiscontinuity, TwinSpec
from twin_sim.journal import EpochFilter

EXAMPLE = Path(__file__).parents[1] / "examples" / "pendulum" / "twin.yaml"
PLANTS = Path(__file__).parent / "failover" / "plants.py"
TWINS = 11
FROZEN_S = 6.0
GOAL_S = 5.0


@dataclass(frozen=True, slots=True)
class Kill:
    """A worker's end.

    Attributes:
        worker: instance.
        at_ms: wall clock, ms since the Unix epoch.
        twins: those it held.
    """

    worker: str
    at_ms: int
    twins: frozenset[str]


async def holders(on: Platform) -> dict[str, str]:
    """Worker by twin, of those that are reported as running in the last two seconds."""
    reported = await on.twins.directory.reported()
    fresh = time.time_ns() - 2_000_000_000
    running = [each.sim for each in reported if each.sim and each.sim.phase is SimPhase.RUNNING]
    return {sim.twin: sim.worker for sim in running if sim.at_ns > fresh}


async def settled(on: Platform, without: str | None, twins: int, patience_s: float = 30.0) -> dict[str, str]:
    """Wait until all twins run, none of them on a worker."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        held = await holders(on)
        if len(held) == twins and without not in held.values():
            return held
        await asyncio.sleep(0.2)
    raise RuntimeError(f"the twins of {without} have not come back within {patience_s:g} s")


async def kill_workers(on: Platform, times: int, dice: random.Random) -> list[Kill]:
    """Kill, wait for the take-over, start again; so many times."""
    kills = []
    for number in range(times):
        held = await settled(on, None, TWINS)
        await asyncio.sleep(dice.uniform(0.5, 3.0))
        worker, _ = Counter(held.values()).most_common(1)[0]
        twins = frozenset(twin for twin, holder in held.items() if holder == worker)
        kills.append(Kill(worker, time.time_ns() // 1_000_000, twins))
        on.stack.signal(worker, signal.SIGKILL)
        await settled(on, worker, TWINS)
        await asyncio.to_thread(on.stack.restore)
        print(f"kill {number + 1} of {times}: {worker} with {len(twins)} twins", file=sys.stderr, flush=True)
    return kills


async def freeze(on: Platform, part: str) -> None:
    """Stop a process for longer than its session, and let it go on as a zombie."""
    on.stack.signal(part, signal.SIGSTOP)
    await asyncio.sleep(FROZEN_S)
    on.stack.signal(part, signal.SIGCONT)
    await asyncio.sleep(5.0)


@dataclass(frozen=True, slots=True)
class Books:
    """One twin's account from the raw topics."""

    frames: int
    lost: int
    ticks_missing: int
    repeated: int
    epochs: int
    gaps_s: dict[int, float]


async def settle(on: Platform, spec: TwinSpec, kills: list[Kill]) -> Books:
    """Frames against predictions, and how long the stream paused after each kill that concerned this twin."""
    predictions = await on.twins.streams.read_predictions(spec)
    journal = [
        JournalEntry(item.offset, 0, item.record) for item in await on.twins.streams.read_journal(spec)
    ]
    frames = frames_in_force(journal)
    firsts: dict[tuple[int, int], int] = {}
    for item in predictions:
        firsts.setdefault((item.record.incarnation, item.record.offset), item.at_ns // 1_000_000)
    ticks = {frame.tick for frame in frames}
    epochs = EpochFilter()
    named = [e.record for e in journal if epochs.admits(e.record) and isinstance(e.record, TimeDiscontinuity)]
    skipped = {tick for gap in named for tick in range(gap.first_tick, gap.last_tick + 1)}
    times = sorted(firsts.values())
    gaps = {}
    for number, kill in enumerate(kills):
        if spec.twin in kill.twins:
            end = kills[number + 1].at_ms if number + 1 < len(kills) else kill.at_ms + 20_000
            around = [at for at in times if kill.at_ms - 200 <= at <= end]
            pauses = [b - a for a, b in itertools.pairwise(around)]
            gaps[number] = max(pauses, default=end - kill.at_ms) / 1000
    return Books(
        frames=len(frames),
        lost=sum((frame.identity.incarnation, frame.identity.offset) not in firsts for frame in frames),
        ticks_missing=len(set(range(min(ticks), max(ticks) + 1)) - ticks - skipped),
        repeated=len(predictions) - len(firsts),
        epochs=sum(isinstance(entry.record, SourcesAcquired) for entry in journal),
        gaps_s=gaps,
    )


async def main() -> int:
    parser = arguments(__doc__ or "")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=82)
    options = parser.parse_args()
    services = {"scene-manager": 1, "sync-engine": 2, "sim-worker": 2}
    async with platform(services=services) as on:
        example = EXAMPLE.resolve()
        specs = [await on.run(on.read(example, ("pendulum", f"load-{number}"))) for number in range(TWINS)]
        swinging = ("--broker", on.broker, "--count", str(TWINS), "--seconds", "3000")
        async with moving(on, str(PLANTS), *swinging) as plants:
            began = time.monotonic()
            kills = await kill_workers(on, options.kills, random.Random(options.seed))
            for part in ("sim-worker-0", "sync-engine"):
                await freeze(on, part)
                await settled(on, None, TWINS)
            seconds = time.monotonic() - began
            moved = plants.claim()
        for spec in specs:
            await on.twins.stop(spec.twin)
        await asyncio.sleep(3.0)
        books = [await settle(on, spec, kills) for spec in specs]
        verified: list[dict[str, Any]] = [await on.verify(spec.name, "--checkpoints", "4") for spec in specs]
    away = [max(book.gaps_s.get(number, 0.0) for book in books) for number in range(len(kills))]
    table(
        ["kill", "worker", "twins", "away s"],
        [[n + 1, k.worker, len(k.twins), away[n]] for n, k in enumerate(kills)],
    )
    rate = sum(book.frames for book in books) / seconds
    print(f"\naway: p50 {percentile(away, 0.5):.2f} s, longest {max(away):.2f} s; {rate:.0f} frames/s")
    print(
        f"{sum(book.repeated for book in books)} predictions repeated, each equal to the first in every byte"
    )
    claims = [
        moved,
        Claim.of("frames per second", rate, ">=", 300),
        Claim.of("longest time a killed worker's twins were away, s", max(away), "<=", GOAL_S),
        Claim.of("frames without a prediction", sum(book.lost for book in books), "==", 0),
        Claim.of("ticks missing", sum(book.ticks_missing for book in books), "==", 0),
        Claim.of(
            "differences from the separate re-fold", sum(len(v["differences"]) for v in verified), "==", 0
        ),
        Claim.of("twins that the frozen sync engine lost", sum(book.epochs > 1 for book in books), ">=", 1),
        Claim.of("checkpoints compared", sum(v["checkpoints"] for v in verified), ">=", TWINS),
    ]
    return conclude(claims, as_json=options.json, away_s=away)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
