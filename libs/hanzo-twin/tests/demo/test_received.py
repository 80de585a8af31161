from __future__ import annotations

import asyncio

from hanzo_twin.audit.collect import Evidence
from hanzo_twin.audit.entries import PublicEntry
from hanzo_twin.demo.received import Received
from hanzo_twin.models import Prediction
from twin_schemas.records import TwinPrediction


def public(*offsets: int, at_ms: int = 5) -> Evidence:
    """A public stream of these."""
    entries = [
        PublicEntry(at_ms, TwinPrediction("t", "arm", 1, offset, offset, 0, 0, [], [], 0))
        for offset in offsets
    ]
    return Evidence((), (), tuple(entries))


def got(*offsets: int) -> Received:
    received = Received()
    for offset in offsets:
        received.add(Prediction(twin="t", incarnation=1, offset=offset, tick=offset))
    return received


async def test_what_came_is_not_missed() -> None:
    received = got(3, 4, 4, 5)
    assert await received.missed(public(3, 4, 5), 10) == 0
    assert len(received) == 3


async def test_what_never_came_is_missed() -> None:
    assert await got(3, 5).missed(public(3, 4, 5), 10, patience_s=0.01) == 1
    assert await got().missed(public(3, 4), 10, patience_s=0.01) == 2


async def test_what_was_public_before_the_client_came_is_not_missed_nor_what_came_after_the_end() -> None:
    assert await got(3).missed(public(1, 2, 3), 10) == 0
    assert await got(3).missed(public(3, 4, at_ms=11), 10) == 0


async def test_what_is_under_way_is_waited_for() -> None:
    received = got(3)
    missed = asyncio.create_task(received.missed(public(3, 4), 10))
    await asyncio.sleep(0)
    received.add(Prediction(twin="t", incarnation=1, offset=4, tick=4))
    assert await missed == 0
