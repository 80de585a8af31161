"""Every router of the API, with the adapters that only it needs. A new endpoint group is one block here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from fastapi import APIRouter

from api_gateway.domain.ports import Parts
from api_gateway.handlers import health
from twin_common.blobs.api import BlobStore
from twin_common.bus.api import Bus

Run = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outside:
    """What adapters are made of.

    Attributes:
        bus: the bus.
        scenes: blobs of the bucket for scenes.
        runs: append the `run` of an adapter that has a life of its own: it runs beside the application for as long as
            that does, waits out an absent broker by itself and is cancelled at the end.
    """

    bus: Bus
    scenes: BlobStore
    runs: list[Run]


def doors(parts: Parts, outside: Outside) -> Iterator[APIRouter]:
    """The routers."""
    yield health.router(parts)
