"""The processes of the gateway: one that serves alone, or a supervisor with its workers."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import json
import os
import socket
import sys
import tempfile
from dataclasses import replace
from typing import Final

from api_gateway.bootstrap.listening import address_of, listen
from api_gateway.bootstrap.serving import serve_on
from api_gateway.bootstrap.supervisor import METRICS_FOLDER, STOP_S, Supervisor
from api_gateway.domain.place import Place
from twin_common.clock import Clock, SystemClock
from twin_common.health import Health, HealthServer
from twin_common.logs import get_logger
from twin_common.metrics import Metrics
from twin_common.settings import Settings

GATEWAY_ID: Final = "HANZO_TWIN_API_GATEWAY_GATEWAY_ID"
"""Variable by which all workers have the same name of the instance."""

_REPORT_S = 0.5
_log = get_logger(__name__)


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Serve with as many processes as `server.workers` says, until `stop` is set.

    Raises:
        OSError: the port is taken.
        PartEnded: a part that requests need ended by an error.
    """
    with contextlib.closing(listen(settings.server)) as listener:
        await (_supervised if settings.server.workers > 1 else _alone)(listener, settings, stop)


async def _alone(listener: socket.socket, settings: Settings, stop: asyncio.Event) -> None:
    metrics, health = Metrics(), Health(SystemClock())
    server = HealthServer(settings.metrics, health, metrics)
    await server.start()
    try:
        await serve_on(listener, settings, stop, health, metrics, _place(settings))
    finally:
        await server.close()


async def _supervised(listener: socket.socket, settings: Settings, stop: asyncio.Event) -> None:
    clock = SystemClock()
    health = Health(clock)
    with tempfile.TemporaryDirectory(prefix="api-gateway-") as folder:
        environ = {**os.environ, METRICS_FOLDER: folder, GATEWAY_ID: _place(settings).gateway}
        server = HealthServer(settings.metrics, health, Metrics(shared=folder))
        await server.start()
        _log.info("serving", address=address_of(listener), workers=settings.server.workers)
        try:
            await Supervisor(listener, settings.server.workers, environ, health, clock).run(stop)
        finally:
            await server.close()


def _place(settings: Settings) -> Place:
    named = settings.api_gateway.gateway_id
    return Place() if named is None else Place(gateway=named)


async def work(settings: Settings, stop: asyncio.Event, descriptor: int, number: int) -> None:
    """A worker of this number: serve on an inherited socket, say how it goes, and stop when the supervisor does."""
    clock = SystemClock()
    health = Health(clock)
    beside = [asyncio.ensure_future(_report(health, clock)), asyncio.ensure_future(_orphaned(stop))]
    try:
        with socket.socket(fileno=descriptor) as listener:
            place = replace(_place(settings), number=number, count=settings.server.workers)
            await serve_on(listener, settings, stop, health, Metrics(process=False), place)
    finally:
        for task in beside:
            task.cancel()


async def _report(health: Health, clock: Clock) -> None:
    """A line for the supervisor, for ever."""
    while True:
        waiting = {
            **health.waiting_for(),
            **{loop: f"stalled for {s:.0f} s" for loop, s in health.stalled().items()},
        }
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.write(json.dumps({"waiting_for": waiting}) + "\n")
            sys.stdout.flush()
        await clock.sleep(_REPORT_S)


async def _orphaned(stop: asyncio.Event, patience_s: float = STOP_S) -> None:
    """Set `stop` when the supervisor has gone; nobody else would end a worker that then doesn't stop in time."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    await reader.read()
    faulthandler.dump_traceback_later(patience_s, exit=True)
    stop.set()
