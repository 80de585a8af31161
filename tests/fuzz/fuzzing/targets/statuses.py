"""What is reported of twins, as those read it who show it, and the control plane, which goes by it."""

from __future__ import annotations

import io
import json
import time
from functools import partial
from typing import Any

from fuzzing.refusal import Refusal, in_turn
from fuzzing.targets.books import book_of
from fuzzing.targets.control_plane import RUNS, Plane, furnished
from fuzzing.targets.surroundings import PREFIX, TWIN, Consumer, a_bus, a_spec, as_read, at_home, put, waiting
from hanzo_twin.bus.directory import Directory
from hanzo_twin.bus.topics import Topics
from hanzo_twin.cli.outcome import console
from hanzo_twin.live import LiveModel
from hanzo_twin.live.records import sync_of, twin_of
from hanzo_twin.live.show import line, view_json
from hanzo_twin.live.table import render
from scene_manager.adapters.status_feed import StatusFeed
from scene_manager.handlers.statuses import observe
from twin_common.bus.types import Subscription
from twin_common.clock import SystemClock
from twin_common.health import Health
from twin_schemas.record import Record
from twin_schemas.records import ControlStatus, SimStatus, SyncStatus

_SPEC = a_spec()
_FEED = Subscription(topics=("twin.status",), group="fuzz")
_KEYS = {SimStatus: "sim", SyncStatus: "sync", ControlStatus: "control"}


def statuses() -> Consumer:
    """Of `twin.status`."""
    tables = furnished()
    runs = next(twin for twin in tables.twins.values() if twin.name == RUNS)
    show = {kind: book_of("twin.status", f"/{key}") for kind, key in _KEYS.items()}

    async def consume(record: Record) -> None:
        said = at_home(record, twin=TWIN, name=_SPEC.name, org="local", revision=1)

        async def shown() -> None:
            show[type(record)](said)

        reported = at_home(record, twin=runs.id, org="local", revision=runs.revision)
        await in_turn(shown, partial(_looked_at, said), partial(_gone_by, Plane(tables), reported))

    return waiting(consume)


async def _looked_at(status: Any) -> None:
    """A client shows it in a table, in a line and as JSON."""
    bus = await a_bus("twin.specs", "twin.status")
    await put(bus, "twin.specs", TWIN, _SPEC)
    await put(bus, "twin.status", f"{TWIN}/{_KEYS[type(status)]}", status)
    model = LiveModel()
    for said in await Directory(bus, Topics(PREFIX)).reported():
        if said.sim is not None:
            model.observe_twin(twin_of(said.sim))
        if said.sync is not None:
            model.observe_sync(sync_of(said.sync))
    screen = console()
    screen.file = io.StringIO()
    for view in (model.view(time.time_ns()), model.reported(time.time_ns())):
        screen.print(render(_SPEC.name, view))
        screen.print(line(_SPEC.name, view), soft_wrap=True)
        json.dumps(view_json(view))


async def _gone_by(plane: Plane, status: Any) -> None:
    """The control plane moves the twin through its phases."""
    clock, before = SystemClock(), max(plane.store.tables.outbox)
    bus = await a_bus("twin.status")
    looked_at = partial(observe, work=plane.work, encode=plane.encode)
    feed = StatusFeed(bus, _FEED, looked_at, Health(clock), clock)
    key = f"{status.twin}/{_KEYS[type(status)]}"
    await feed._handle(as_read("twin.status", key, status))
    if isinstance(status, SimStatus) and not await plane.deliver(before):
        raise Refusal("changed_nothing")
