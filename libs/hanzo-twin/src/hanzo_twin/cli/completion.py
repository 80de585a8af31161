"""Twin names for the shell."""

from __future__ import annotations

import asyncio

from hanzo_twin.bus.directory import Directory
from hanzo_twin.bus.topics import Topics
from hanzo_twin.cli.surroundings import surroundings
from twin_common.bus.kafka import KafkaBus
from twin_common.errors import TwinError

PATIENCE_S = 2.0


def complete_twin(incomplete: str) -> list[str]:
    """The names of twins that begin so; none when the bus doesn't answer at once."""
    try:
        return [name for name in asyncio.run(_names()) if name.startswith(incomplete)]
    except (TwinError, TimeoutError):
        return []


async def _names() -> list[str]:
    settings = surroundings()
    directory = Directory(KafkaBus(settings.stream), Topics(settings.stream.topic_prefix))
    async with asyncio.timeout(PATIENCE_S):
        return [spec.name for spec in await directory.specs()]
