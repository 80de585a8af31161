"""Watches a platform while its twins swing, with or without mishaps; what was seen is there whatever happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from _plants import Plant
from _platform import Platform
from soaking.books import Books
from soaking.bounds import bound
from soaking.chart import draw
from soaking.mishaps import Mishap, happen
from soaking.sampling import Listener, Sample, keep, sample

from twin_schemas.records import TwinSpec

SAMPLES, EVERY_S = 240, 1.0
"""So many samples, but not more often than this."""
STARTS_S = 3.0
"""Until plants have started and are heard."""
SETTLING_S = 5.0


@dataclass
class Run:
    """What was seen of one part of the soak.

    Attributes:
        part: its name.
        specs: its twins.
        seconds: how long it takes, in seconds of this machine.
        speed: how much faster the services' clocks run.
        found: what the books hold that mustn't be there.
        absent: parts of the stack that don't run at the end.
    """

    part: str
    specs: list[TwinSpec]
    seconds: float
    speed: int = 1
    samples: list[Sample] = field(default_factory=list)
    happened: list[Mishap] = field(default_factory=list)
    found: Mapping[str, int] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    books: Books = field(init=False)
    listener: Listener = field(init=False)

    def __post_init__(self) -> None:
        self.books = Books(self.specs)
        self.listener = Listener(self.books.span)

    async def observe(self, on: Platform, plant: Plant, *, kept: int, seed: int | None) -> None:
        """Take samples while everything runs, with mishaps if there is a seed; then settle the books.

        Args:
            on: the platform.
            plant: has begun.
            kept: bytes of each partition.
            seed: of the mishaps.
        """
        follow = (self.books.follow(on), self.listener.follow(on, self.specs))
        followers = [asyncio.create_task(each) for each in follow]
        await asyncio.to_thread(bound, on, kept)
        await asyncio.sleep(STARTS_S)
        span = self.books.span
        try:
            span.since_ms = time.time_ns() // 1_000_000
            async with asyncio.TaskGroup() as both:
                every_s = max(EVERY_S, self.seconds / SAMPLES)
                both.create_task(
                    sample(
                        *(on, self.listener, self.samples),
                        every_s=every_s,
                        seconds=self.seconds,
                        speed=self.speed,
                    )
                )
                if seed is not None:
                    both.create_task(happen(on, self.happened, seconds=self.seconds, seed=seed))
            span.until_ms = time.time_ns() // 1_000_000
            due = self.books.waiting()
            await asyncio.sleep(SETTLING_S)  # twins tick on; what was on its way by now arrives
            for follower in followers:
                if follower.done():
                    follower.result()
        finally:
            for follower in followers:
                follower.cancel()
        state = on.stack.state
        alive = {each.name for each in state.alive()}
        self.absent = sorted({each.name for each in state.parts} - alive)
        self.found = {
            **self.books.settled(due),
            "public predictions that came again": self.listener.again,
            "plants that ended before they should": int(plant.claim().value),
        }

    def keep(self, out: Path, title: str) -> None:
        """Write and draw what there is."""
        for each in self.happened:
            print(f"  {each.at_s / 60:5.1f} min: {each}")
        if self.samples:
            keep(out / f"soak-{self.part}.json", self.samples)
            draw(out / f"soak-{self.part}.png", title, self.samples, self.happened)
