"""Back-off and limits."""

from __future__ import annotations

import pytest

from twin_common.clock import ManualClock
from twin_common.errors import TooManyDeadLetters
from twin_common.runner import DeadLetterLimit, MemoryInbox, Retries
from twin_common.runner.policy import DeadLetterMeter


def test_waits_grow_up_to_the_longest() -> None:
    retries = Retries(first_s=0.1, factor=2, longest_s=1.0)
    assert [retries.wait_s(n) for n in (1, 2, 3, 4, 5, 10_000)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]


async def test_dead_letters_far_apart_are_not_too_many() -> None:
    clock = ManualClock()
    meter = DeadLetterMeter(DeadLetterLimit(count=2, seconds=10), clock)
    for _ in range(6):
        meter.add("t")
        await clock.advance(5.1)
    meter.add("t")
    with pytest.raises(TooManyDeadLetters):
        meter.add("t")
        meter.add("t")


async def test_the_inbox_forgets_the_oldest() -> None:
    inbox = MemoryInbox(size=2)
    for identity in ("a", "b", "c"):
        await inbox.remember(identity)
    assert [await inbox.seen(identity) for identity in ("a", "b", "c")] == [False, True, True]
