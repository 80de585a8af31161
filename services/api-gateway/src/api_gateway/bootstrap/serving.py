"""One process that serves: the application in uvicorn, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from collections.abc import Iterator
from typing import Final

import uvicorn
from fastapi import FastAPI

from api_gateway.bootstrap.application import Engine, build
from api_gateway.bootstrap.listening import address_of
from api_gateway.domain.place import Place
from twin_common.blobs.s3 import S3Blobs
from twin_common.bus.kafka import KafkaBus
from twin_common.errors import TwinError
from twin_common.health import Health
from twin_common.logs import get_logger, log_context
from twin_common.metrics import Metrics
from twin_common.settings import Settings

DRAIN_S: Final = 5
"""So long a stop waits for requests that are being answered."""

_log = get_logger(__name__)


class PartEnded(TwinError, RuntimeError):
    """Something that runs beside the requests ended by an error; the log has said by which."""


async def serve_on(
    listener: socket.socket,
    settings: Settings,
    stop: asyncio.Event,
    health: Health,
    metrics: Metrics,
    place: Place,
) -> None:
    """Serve the real thing on a socket until `stop` is set, then finish what is being answered.

    Raises:
        PartEnded: a part that the requests need ended.
    """
    app = build(
        settings,
        bus=KafkaBus(settings.stream, client_id=f"api-gateway-{place.name}"),
        scenes=S3Blobs(settings.storage, settings.storage.buckets.scenes),
        health=health,
        metrics=metrics,
        place=place,
    )
    with log_context(gateway=place.name):
        await serve_app(app, listener, settings, stop)


async def serve_app(app: FastAPI, listener: socket.socket, settings: Settings, stop: asyncio.Event) -> None:
    """The same for a built application."""
    engine: Engine = app.state.engine
    server = _Server(_config(app, settings))
    serving = asyncio.ensure_future(server.serve([listener]))
    _log.info("serving", address=address_of(listener))
    told = [asyncio.ensure_future(event.wait()) for event in (stop, engine.failed)]
    gc.freeze()  # what was loaded up to here stays: don't search it for garbage in the middle of a request
    try:
        await asyncio.wait([serving, *told], return_when=asyncio.FIRST_COMPLETED)
        engine.stopping.set()
        server.should_exit = True
        await serving
    finally:
        for task in told:
            task.cancel()
    if engine.failed.is_set():
        raise PartEnded("a part of the gateway ended by an error; see the log above")


def _config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    server = settings.server
    return uvicorn.Config(
        app,
        http="httptools",
        ws="websockets-sansio",
        loop="none",
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=server.behind_proxy,
        forwarded_allow_ips=server.proxy_list,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=DRAIN_S,
        ws_max_size=64_000,
        ssl_certfile=server.cert_file,
        ssl_keyfile=server.key_file,
    )


class _Server(uvicorn.Server):
    """Leaves the signals to the process's main."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
