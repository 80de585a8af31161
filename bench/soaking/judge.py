"""What is claimed of a run. All limits were chosen before anything was measured by them."""

from __future__ import annotations

from _harness import Claim, table
from soaking.books import RATE_HZ
from soaking.flat import growth, rise
from soaking.lives import deaths, long_lives
from soaking.mishaps import AWAY_S, FROZEN_S, RECOVERY_S, untouched
from soaking.run import Run

from twin_common.settings.services import SimWorker

FAULTY = "fleet"
"""The part that has mishaps."""
MEMORY, TOPICS, LATENCY, AGE = 0.05, 0.10, 0.25, 0.25
"""Growth over the last two thirds of a run that is still called flat; and rise of its end above their beginning."""
WORTH_MB = 8.0
"""A smaller topic is not looked at by itself: the segments that it ends with are a good part of it."""
DUE, WRITTEN = 0.98, 0.999
"""Of the ticks that were due so many are in the journal; and of these so many are frames, where nothing happens."""
HEARD = {"day": 0.99, "fleet": 0.9}
"""Of the messages that plants sent, those in frames: what is sent without acknowledgement may be lost."""
LIVE_S = 3.0
"""How long before the end the last sign of life of a twin may be."""
CHECKPOINTS = 3
"""Intervals between two checkpoints that the newest may be old, where nothing happens."""
LOOK_S = 1.0
"""A sample may be so late on a busy machine."""

_WRITERS = ("sync-engine", "sync-engine-1", "kafka")
"""Without these no ticks are written."""
_SILENCERS = (*_WRITERS, "mosquitto")
"""Without these no readings arrive."""


def claims(run: Run) -> list[Claim]:
    """Print how things grew, and say what holds."""
    found = [*_grown(run), *_alive(run), *_counted(run)]
    if run.part == FAULTY:
        found.append(Claim.of("kinds of mishap that had no turn", len(untouched(run.happened)), "==", 0))
    return [Claim(f"{run.part}: {each.name}", each.value, each.goal, each.ok) for each in found]


def _grown(run: Run) -> list[Claim]:
    times = [each.at_s for each in run.samples]
    rows: list[list[object]] = []
    found: list[Claim] = []

    def flat(what: str, grown: tuple[float, float], limit: float, ends: tuple[float, float]) -> None:
        rows.append([what, *ends, *(f"{100 * each:+.1f} %" for each in grown)])
        found.append(Claim.of(f"growth of {what}", grown[0], "<=", limit))
        found.append(Claim.of(f"rise at the end of {what}", grown[1], "<=", limit))

    def whole(what: str, values: list[float], limit: float) -> None:
        ends = (values[len(values) // 3], values[-1])
        flat(what, (growth(times, values), rise(times, values)), limit, ends)

    for part, judged in sorted(long_lives(run.samples).items()):
        for number, life in enumerate(judged):
            name = f"memory of {part}{' again' * number}, MB"
            mb = life.memory_mb
            flat(name, life.grown, MEMORY, (mb[len(mb) // 3], mb[-1]))
    topics = {
        name: [s.topics_mb.get(name, 0.0) for s in run.samples] for s in run.samples for name in s.topics_mb
    }
    whole("topics, MB", [sum(each.topics_mb.values()) for each in run.samples], TOPICS)
    for name, values in sorted(topics.items()):
        if max(values) >= WORTH_MB:
            whole(f"{name}, MB", values, TOPICS)
    whole("p50, ms", [each.p50_ms or float("nan") for each in run.samples], LATENCY)
    whole("p99, ms", [each.p99_ms or float("nan") for each in run.samples], LATENCY)
    ages = [each.checkpoint_age_s for each in run.samples]
    whole("age of the oldest newest checkpoint, s", ages, AGE)
    table([run.part, "after a third", "at the end", "growth", "rise at the end"], rows)
    found.append(Claim.of("oldest newest checkpoint of all, s", max(ages), "<=", oldest_s(run)))
    return found


def oldest_s(run: Run) -> float:
    """How old a newest checkpoint may be: a few intervals, and what the longest fault of a service takes."""
    intervals_s = CHECKPOINTS * SimWorker().checkpoint_interval_ms / 1000 / run.speed
    return intervals_s + (max(AWAY_S, FROZEN_S) + RECOVERY_S if run.part == FAULTY else LOOK_S)


def _alive(run: Run) -> list[Claim]:
    long = long_lives(run.samples)
    accounts, end_ms = run.books.accounts.values(), run.books.span.until_ms
    silent_s = {
        "readings": (end_ms - min(each.heard_ms for each in accounts)) / 1000,
        "predictions": (end_ms - min(each.answered_ms for each in accounts)) / 1000,
    }
    return [
        Claim.of(
            "parts that never lived long enough to be judged",
            sum(not each for each in long.values()),
            "==",
            0,
        ),
        Claim.of("processes that died unasked", sum(deaths(run.samples, run.happened).values()), "==", 0),
        Claim.of("parts that don't run at the end", len(run.absent), "==", 0),
        *(
            Claim.of(f"end without {what} of the first twin to fall silent, s", max(0.0, value), "<=", LIVE_S)
            for what, value in silent_s.items()
        ),
    ]


def _counted(run: Run) -> list[Claim]:
    accounts = run.books.accounts
    span = run.books.span
    due = RATE_HZ * run.speed * (span.until_ms - span.since_ms) / 1000
    frames, ticks = run.books.frames, sum(each.ticks for each in accounts.values())
    public = [run.listener.heard[twin] / max(1, each.frames) for twin, each in accounts.items()]
    found = [Claim.of(what, count, "==", 0) for what, count in run.found.items()]
    found += [
        Claim.of("frames", frames, ">=", 1),
        Claim.of(
            "ticks of those due, least of a twin", min(e.ticks for e in accounts.values()) / due, ">=", DUE
        ),
        Claim.of("public predictions of frames, least of a twin", min(public), ">=", DUE),
        Claim.of(
            "messages in frames of those due, least of a twin",
            min(each.heard for each in accounts.values()) / due,
            ">=",
            HEARD[run.part],
        ),
    ]
    if run.part != FAULTY:
        return [*found, Claim.of("frames of the ticks", frames / max(1, ticks), ">=", WRITTEN)]
    per_s = RATE_HZ * run.speed
    worst = {
        "no frames": (max(each.named for each in accounts.values()) / per_s, _WRITERS),
        "no readings for longer than a second": (
            max(each.quiet for each in accounts.values()) / per_s,
            _SILENCERS,
        ),
    }
    return found + [
        Claim.of(f"time with {what}, most of a twin, s", value, "<=", explained_s(run, parts))
        for what, (value, parts) in worst.items()
    ]


def explained_s(run: Run, parts: tuple[str, ...]) -> float:
    """For how long mishaps of these parts may have held a twin up. What one engine had, another takes over, and gives
    back when it is there again: two recoveries, however long it was away. Anything else was away, and then recovers.
    """
    return sum(
        2 * RECOVERY_S if each.part.startswith("sync-engine") else each.until_s - each.at_s + RECOVERY_S
        for each in run.happened
        if each.part in parts
    )
