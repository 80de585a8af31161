"""Wires the application together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api_gateway.adapters.asking import BusAsking
from api_gateway.adapters.audit import BusAudit
from api_gateway.adapters.ledger import Ledger
from api_gateway.adapters.pulse import Pulse
from api_gateway.adapters.read_model import BusReadModel
from api_gateway.adapters.replies import Replies
from api_gateway.adapters.sending import Sender
from api_gateway.bootstrap.doors import Outside, Run, doors
from api_gateway.bootstrap.openapi import describe
from api_gateway.domain.place import Place
from api_gateway.domain.ports import Parts
from api_gateway.domain.rates import Rates
from api_gateway.errors import Problem
from api_gateway.handlers.door import Door
from api_gateway.handlers.problems import on_http, on_invalid, on_problem
from twin_common import metrics_table as m
from twin_common.blobs.api import BlobStore
from twin_common.bus.api import Bus
from twin_common.clock import Clock, SystemClock
from twin_common.health import Health
from twin_common.identity import Guard, guard_of
from twin_common.logs import get_logger
from twin_common.metrics import Metrics
from twin_common.settings import Settings
from twin_schemas.catalogue import topic

_DRAIN_S = 2.0
_READ_UP_S = 15.0
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Engine:
    """What runs beside the requests.

    Attributes:
        failed: set when one of it ended by an error: the process can't go on.
        stopping: set when the process is about to stop: whoever answers without end ends now.
    """

    runs: list[Run]
    model: BusReadModel
    sender: Sender
    audit: BusAudit
    guard: Guard
    ledger: Ledger
    failed: asyncio.Event
    stopping: asyncio.Event


def build(
    settings: Settings,
    *,
    bus: Bus,
    scenes: BlobStore,
    guard: Guard | None = None,
    clock: Clock | None = None,
    metrics: Metrics | None = None,
    health: Health | None = None,
    place: Place | None = None,
) -> FastAPI:
    """The application. Its life span runs what follows the bus; it serves before the bus answers, unready.

    Args:
        settings: of everything.
        bus: commands, answers and the read model.
        scenes: blobs of the bucket for scenes.
        guard: verifies tokens; `guard_of(settings)` when None.
        clock: of the process; a fresh one when None.
        metrics: of the process; fresh ones when None.
        health: of the process; a fresh one when None.
        place: of the process among those that share the port; alone when None.
    """
    clock = clock or SystemClock()
    health = health or Health(clock)
    metrics = metrics or Metrics()
    guard = guard or guard_of(settings)
    place = place or Place()
    gateway, prefix = settings.api_gateway, settings.stream.topic_prefix
    deadline_s = gateway.deadline_ms / 1000
    ledger = Ledger()
    model = BusReadModel(bus, prefix, clock, deadline_s, metrics)
    replies = Replies(bus, prefix, clock, ledger, place.partition(topic("bus.replies").partitions))
    sender = Sender(bus, prefix, deadline_s, partial(metrics.count, m.AUDIT_LOST, reason="unwritten"))
    audit = BusAudit(sender, clock, metrics)
    parts = Parts(
        settings=settings,
        model=model,
        asking=BusAsking(sender, replies, ledger, clock, deadline_s),
        audit=audit,
        guard=guard,
        rates=Rates(place.share(gateway.rate_per_s), place.share(gateway.rate_burst), clock),
        strangers=Rates(place.share(gateway.rate_per_s), place.share(gateway.rate_burst), clock),
        clock=clock,
        metrics=metrics,
        health=health,
    )
    runs: list[Run] = [model.run, replies.run, audit.run]
    followers = {"read model": model.follower, "answers": replies.follower}
    engine = Engine(runs, model, sender, audit, guard, ledger, asyncio.Event(), asyncio.Event())
    app = FastAPI(
        title="Hanzo Twin", version="1", lifespan=_life, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.state.parts, app.state.engine = parts, engine
    outside = Outside(
        bus=bus, scenes=scenes, runs=runs, followers=followers, ledger=ledger, stopping=engine.stopping
    )
    for router in doors(parts, outside):
        app.router.routes.extend(router.routes)  # not included: FastAPI would search routers in routers
    runs.append(Pulse(bus, followers, sender, health, clock).run)
    describe(app)
    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    larger = {"/v1/scenes": gateway.max_upload_bytes}
    app.add_middleware(Door, metrics=metrics, max_body=gateway.max_body_bytes, larger=larger)
    return app


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    engine: Engine = app.state.engine
    running = [_begun(run, engine.failed) for run in engine.runs]
    if app.state.parts.settings.server.share_port:
        await _read_up(engine)  # from here on it gets its part of the connections
    app.state.parts.health.ready()
    try:
        yield
        await engine.audit.drain(_DRAIN_S)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await engine.model.close()
        await engine.sender.close()
        await engine.guard.close()


async def _read_up(engine: Engine) -> None:
    """Wait until requests can be answered; without brokers they have to be refused after a while."""
    awaited = (engine.model.follower.caught_up, engine.failed, engine.stopping)
    waiting = [asyncio.ensure_future(event.wait()) for event in awaited]
    await asyncio.wait(waiting, timeout=_READ_UP_S, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()


def _begun(run: Run, failed: asyncio.Event) -> asyncio.Future[None]:
    """Start a part; when it ends by an error, say so."""

    def ended(task: asyncio.Future[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.critical("a part of the service ended", exc_info=error)
            failed.set()

    task = asyncio.ensure_future(run())
    task.add_done_callback(ended)
    return task
