"""A worker that is to run a twin: from the topic of specs to the request for an incarnation, and what it reports."""

from __future__ import annotations

from collections import deque
from functools import cache
from types import SimpleNamespace
from typing import Any

from fuzzing.refusal import Refusal
from fuzzing.targets.journals import SCENE
from fuzzing.targets.surroundings import PREFIX, metrics
from sim_worker.adapters.meter import MetricsMeter
from sim_worker.adapters.outlet import BusOutlet
from sim_worker.adapters.workshop import EngineModel, EngineWorkshop
from sim_worker.domain.admission import Load
from sim_worker.domain.lag import LagLimits
from sim_worker.domain.ports import PhysicsModel
from sim_worker.domain.recipe import Recipe
from sim_worker.domain.specs import SpecBook
from sim_worker.handlers.following import SpecFollower
from sim_worker.handlers.held import Held
from sim_worker.handlers.overload import Overload
from sim_worker.handlers.reporting import Reporter
from sim_worker.handlers.starting import Starter
from sim_worker.topics import Topics
from twin_common.blobs import MemoryBlobs
from twin_common.bus.memory import MemoryBus
from twin_common.bus.types import TopicPartition
from twin_common.clock import SystemClock
from twin_common.definition.fold_config import CommandBounds
from twin_common.identity import NoTokens
from twin_sim.fold import ChannelLayout

_TOPICS = Topics.under(PREFIX)
_KEPT = 16
_LAG = LagLimits(degraded_s=1.0, park_s=10.0)


class _Workshop(EngineWorkshop):
    """The one of production, which keeps what it has made and measured for the next record."""

    def __init__(self) -> None:
        crumbs: Any = SimpleNamespace(deaths=lambda place: 0, mark=lambda *_: None, clear=lambda *_: None)
        super().__init__(MemoryBlobs(), frozenset({"mujoco"}), crumbs, 3)
        self._made: deque[EngineModel] = deque(maxlen=_KEPT)
        self._costs: dict[str, float] = {}

    async def build(self, recipe: Recipe) -> EngineModel:
        await self._scenes.put(SCENE.read_bytes())
        model = await super().build(recipe)
        self._made.append(model)
        return model

    async def tick_cost(
        self, model: PhysicsModel, layout: ChannelLayout, steps: int, timestep: float
    ) -> float:
        key = f"{model.digest} {layout} {steps} {timestep}"
        if key not in self._costs:
            self._costs[key] = await super().tick_cost(model, layout, steps, timestep)
        return self._costs[key]


async def worked_on(bus: MemoryBus) -> None:
    """Start what the specs on a bus want to run on partition 0.

    Raises:
        Refusal: nothing, or it can't be started, which is reported.
    """
    specs, clock, meter = SpecBook(), SystemClock(), MetricsMeter(metrics())
    changed: list[str] = []
    await SpecFollower(bus, _TOPICS.specs, specs, lambda twin, before: changed.append(twin)).catch_up()
    wanted = specs.on_partition(0)
    if not wanted:
        raise Refusal("of_others")
    held = Held(TopicPartition(_TOPICS.journal, 0), caught_up=True)
    async with await bus.producer() as producer:
        outlet = BusOutlet(producer, _TOPICS, clock, NoTokens())
        load = Load(1e9, 1e9)
        starter = Starter(specs, _workshop(), outlet, load, meter, clock, CommandBounds(), "cpu")
        overload = Overload(specs, outlet, load, _LAG, meter, clock, lambda twin: None)
        reporter = Reporter(specs, starter, overload, outlet, clock, "fuzz", 1)
        for spec in wanted:
            await starter.reconcile(held, spec)
            start = starter.of(spec.twin)
            if start is not None and start.task is not None:
                await start.task
            await starter.reconcile(held, spec)
            await reporter.report(held, changed)
            if start is None:
                raise Refusal("at_rest")
            if start.trouble is not None:
                assert start.trouble.code != "internal", start.trouble.message
                raise Refusal(start.trouble.code)
            assert bus.records(_TOPICS.commands), "no incarnation was asked for"


@cache
def _workshop() -> _Workshop:
    return _Workshop()
