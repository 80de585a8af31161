"""Feeds a live model over REST, beside whatever the caller does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from hanzo_twin.client import AsyncClient
from hanzo_twin.live.model import LiveModel
from hanzo_twin.models import Prediction

PERIOD_S = 1.0
"""Between two looks at the reports."""


async def observe(client: AsyncClient, ref: str, model: LiveModel) -> None:
    """Look at a twin's reports once."""
    twin, sync = await asyncio.gather(client.get_twin(ref), client.get_sync_status(ref))
    model.observe_twin(twin)
    model.observe_sync(sync)


@asynccontextmanager
async def following(
    client: AsyncClient, ref: str, also: Callable[[Prediction], None] | None = None
) -> AsyncIterator[LiveModel]:
    """A model that is kept up to date inside the `async with`; what went wrong is raised at its end.

    Args:
        client: of the API.
        ref: UUID or name of the twin.
        also: is told every prediction.
    """
    model = LiveModel()
    await observe(client, ref, model)

    async def reports() -> None:
        while True:
            await asyncio.sleep(PERIOD_S)
            await observe(client, ref, model)

    async def predictions() -> None:
        async for prediction in client.predictions(ref):
            model.observe_prediction(prediction, time.time_ns())
            if also is not None:
                also(prediction)

    tasks = [asyncio.create_task(reports()), asyncio.create_task(predictions())]
    try:
        yield model
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
