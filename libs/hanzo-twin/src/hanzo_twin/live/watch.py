"""Feeds a live model from the bus, beside whatever the caller does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hanzo_twin.bus import Twins
from hanzo_twin.live.model import LiveModel
from hanzo_twin.live.records import prediction_of, sync_of, twin_of
from twin_schemas.records import SimStatus, TwinSpec


@asynccontextmanager
async def watching(twins: Twins, spec: TwinSpec) -> AsyncIterator[LiveModel]:
    """A model that is kept up to date inside the `async with`; a failure of the bus is raised at its end."""
    model = LiveModel()

    async def statuses() -> None:
        async for item in twins.streams.follow_status(spec):
            status = item.record
            if isinstance(status, SimStatus):
                model.observe_twin(twin_of(status))
            else:
                model.observe_sync(sync_of(status))

    async def predictions() -> None:
        async for item in twins.streams.follow_public(spec):
            model.observe_prediction(prediction_of(item.record), item.at_ns)

    tasks = [asyncio.create_task(statuses()), asyncio.create_task(predictions())]
    try:
        yield model
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
