"""Waiting for what will be seen on a bus."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_S = 30.0
"""Longer than anything takes that will happen at all."""


async def eventually(look: Callable[[], Awaitable[T | None]]) -> T:
    """What `look` gives once it gives something."""
    async with asyncio.timeout(PATIENCE_S):
        while not (found := await look()):  # noqa: ASYNC110 - the bus is polled
            await asyncio.sleep(0.02)
    return found
