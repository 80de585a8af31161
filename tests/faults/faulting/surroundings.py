"""What a stage is built of: the stack with its services, and whatever stands between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from hanzo_twin.stack import Connection, EmbeddedStack

SERVICES: Mapping[str, int] = MappingProxyType(
    {"api-gateway": 2, "scene-manager": 2, "sync-engine": 2, "sim-worker": 2}
)
"""The processes of every stage."""
WITH_ARCHIVIST: Mapping[str, int] = MappingProxyType({**SERVICES, "archivist": 1})
"""... and of those that seal journals, too."""


@dataclass(frozen=True, slots=True)
class Built:
    """A platform that runs.

    Attributes:
        stack: parts and services.
        truth: how the checker reaches Kafka and PostgreSQL; nothing stands between.
        plants: URL of the MQTT broker as the plants reach it.
        tools: what cells need to strike, such as the controls of a proxy, each by its type.
        sources: URL of the MQTT broker as twins are to name it; that of the stack when empty.
    """

    stack: EmbeddedStack
    truth: Connection
    plants: str
    tools: Mapping[type, object] = field(default_factory=dict)
    sources: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A way to build a platform.

    Attributes:
        name: unique; cells that name the same share a stage.
        build: runs a platform in a folder of its own as long as the context lasts. The variables are settings for the
            services, beside what it adds itself.
    """

    name: str
    build: Callable[[Path, Mapping[str, str]], AbstractAsyncContextManager[Built]]


@asynccontextmanager
async def running(stack: EmbeddedStack) -> AsyncIterator[EmbeddedStack]:
    """Start a stack without blocking; stop it at the end, whatever happens."""
    try:
        await asyncio.to_thread(stack.start)
        yield stack
    finally:
        await asyncio.to_thread(stack.stop)


@asynccontextmanager
async def _plain(home: Path, variables: Mapping[str, str]) -> AsyncIterator[Built]:
    async with running(EmbeddedStack(home, services=SERVICES, variables=variables)) as stack:
        there = stack.connection
        yield Built(stack, there, there.mqtt_url)


PLAIN = Surroundings("plain", _plain)
"""One of each part, and nothing between them."""
