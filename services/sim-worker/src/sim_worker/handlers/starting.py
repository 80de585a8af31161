"""Starts twins: compiles what their definition asks for and asks for an incarnation of it (journal rule 4)."""

import asyncio
import logging
from dataclasses import dataclass, replace

from pydantic import ValidationError

from sim_worker.domain.admission import Load, Pace
from sim_worker.domain.channels import channel_table
from sim_worker.domain.identity import request_id
from sim_worker.domain.ports import Address, Meter, Outlet, PhysicsModel, Workshop
from sim_worker.domain.recipe import Recipe
from sim_worker.domain.specs import SpecBook
from sim_worker.domain.status import Trouble
from sim_worker.errors import AdmissionRefused, StartError
from sim_worker.handlers.bridge import going_on
from sim_worker.handlers.held import Held
from sim_worker.handlers.twin import TwinRun
from twin_common.clock import Clock
from twin_common.definition import TwinDefinition
from twin_common.definition.fold_config import CommandBounds, fold_config
from twin_common.definition.serving import served_config
from twin_common.errors import Retryable, TwinError
from twin_schemas.records import (
    Channel,
    Desired,
    FoldConfig,
    IncarnationRequested,
    Stamps,
    TwinGenesis,
    TwinSpec,
)
from twin_sim.fold import FOLD_VERSION, ChannelLayout

log = logging.getLogger(__name__)

_AGAIN_S = 5.0
_COPIES_PER_TICK = 2.0
"""A tick with inputs is simulated twice: rolled out ahead, and again when the inputs are known."""
_FRAME_S = 200e-6
"""Decoding, comparing, encoding and sending of one frame."""


@dataclass(slots=True)
class Start:
    """What is known of a twin's start under one spec.

    Attributes:
        spec: what should be.
        served: the incarnation in force is the one that this revision wants.
        definition: the one that the spec holds; None: not read yet.
        wanted: the incarnation to ask for; None: not known yet, or it can't be.
        trouble: why it can't be started.
        needs: share of a core for which there was no room; None: it wasn't refused.
        warnings: of the scene.
        asked_ns: when the request was written last, or there was no room, monotonic; None: not yet.
        task: the compilation while it goes on.
    """

    spec: TwinSpec
    definition: TwinDefinition | None = None
    wanted: IncarnationRequested | None = None
    trouble: Trouble | None = None
    needs: float | None = None
    warnings: tuple[str, ...] = ()
    asked_ns: int | None = None
    task: asyncio.Task[None] | None = None
    served: bool = False
    _compared: tuple[TwinGenesis, IncarnationRequested, bool] | None = None

    def applied(self, genesis: TwinGenesis) -> bool:
        """Whether the incarnation in force folds with the settings that are wanted."""
        return self.served and self.wanted is not None and genesis.fold == self.wanted.fold

    def serves(self, genesis: TwinGenesis, parked: bool) -> bool:
        """Whether the incarnation in force is the one that is wanted; stop and start stay in one (rule 21).

        A parked one goes on serving the revision that it served before: only a newer revision un-parks it.
        """
        wanted, definition, seen = self.wanted, self.definition, self._compared
        if wanted is None or definition is None:
            return False
        if seen is not None and seen[0] is genesis and seen[1] is wanted and seen[2] == parked:
            return self.served  # asked many times a second, of what seldom changes
        self._compared = (genesis, wanted, parked)
        same = (
            (genesis.stamps, genesis.seed, genesis.channels) == (wanted.stamps, wanted.seed, wanted.channels)
            # what else differs of the settings comes with a `RevisionApplied`, which is written if this says so
            and served_config(genesis, definition, self.spec) == wanted.fold
        )
        self.served = genesis.request_id == wanted.request_id or (same and (self.served or not parked))
        return self.served


class Starter:
    """Sees to it that every twin that should run has an incarnation that its present revision can go on with."""

    def __init__(
        self,
        specs: SpecBook,
        workshop: Workshop,
        outlet: Outlet,
        load: Load,
        meter: Meter,
        clock: Clock,
        bounds: CommandBounds,
        cpu: str,
    ) -> None:
        """`cpu` is this host's CPU fingerprint."""
        self._specs, self._workshop, self._outlet, self._load = specs, workshop, outlet, load
        self._meter, self._clock, self._bounds, self._cpu = meter, clock, bounds, cpu
        self._starts: dict[str, Start] = {}
        self._admitted: dict[str, Pace | None] = {}
        self.changed: set[str] = set()

    def of(self, twin: str) -> Start | None:
        """What is known of a twin's start."""
        return self._starts.get(twin)

    def retry(self, twin: str) -> None:
        """The spec was written again: what failed before may be tried once more."""
        start = self._starts.get(twin)
        if start is not None and start.trouble is not None:
            self._give_up(twin)

    def forget(self, twin: str) -> None:
        """The twin has gone, or isn't this worker's any more."""
        self._give_up(twin)
        self._admitted.pop(twin, None)
        self._load.release(twin)

    def _give_up(self, twin: str) -> None:
        start = self._starts.pop(twin, None)
        if start is not None and start.task is not None:
            start.task.cancel()

    async def reconcile(self, held: Held, spec: TwinSpec) -> None:
        """Do what is due for a twin of a partition that has been read to its end."""
        run = held.runs.get(spec.twin)
        if spec.desired != Desired.RUNNING:
            self._give_up(spec.twin)
            self._admitted[spec.twin] = None
            if run is None or not run.folding:
                self._load.release(spec.twin)
            return
        start = self._starts.get(spec.twin)
        if start is not None and start.needs is not None and start.spec.revision == spec.revision:
            start = self._look_for_room(start, run)
        if start is None or start.spec.revision != spec.revision:
            self._give_up(spec.twin)
            start = self._starts[spec.twin] = Start(spec)
        if (start.task is not None and not start.task.done()) or start.trouble is not None:
            return
        genesis = run.genesis if run else None
        if start.wanted is None:
            start.task = asyncio.create_task(self._compile(spec, start, run))
            held.spawn(start.task)
            return
        lost = run.lost if run is not None else None
        if (
            run is not None
            and genesis is not None
            and lost is None
            and start.serves(genesis, run.parked is not None)
        ):
            return
        if run is not None and (run.preparing or any(isinstance(e.record, TwinGenesis) for e in run.queue)):
            return  # what it can go on from is known when it has folded what is there
        now = self._clock.monotonic_ns()
        if start.asked_ns is None or now - start.asked_ns > _AGAIN_S * 1e9:
            start.asked_ns = now
            try:
                state = run.carried() if run is not None else None
                request = lost.request(start.wanted) if lost else going_on(start.wanted, genesis, state)
                await self._outlet.request(
                    Address.of(spec), replace(request, above=max(request.above, held.above))
                )
            except TwinError as error:
                log.warning("asking for an incarnation of %s: %s", spec.name, error)

    def _look_for_room(self, start: Start, run: TwinRun | None) -> Start | None:
        """What becomes of a refused start: None, when it may be tried again."""
        if run is not None and run.folding and start.trouble is not None:
            # its incarnation goes on, so that the writer has resumed it: there is no room for that, either
            run.park(f"{start.trouble.code}: {start.trouble.message} Then start it again.")
            self.changed.add(run.twin)
            return start
        if run is not None and run.parked is not None:
            return start
        waited_ns = self._clock.monotonic_ns() - (start.asked_ns or 0)
        room = start.needs is not None and start.needs <= self._load.left(start.spec.twin)
        return None if room and waited_ns > _AGAIN_S * 1e9 else start

    async def _compile(self, spec: TwinSpec, start: Start, run: TwinRun | None) -> None:
        try:
            start.wanted = await self._wish(spec, start, run)
        except AdmissionRefused as error:
            start.trouble, start.needs = Trouble(error.code, error.message), error.share
            start.asked_ns = self._clock.monotonic_ns()
            self._meter.refused()
        except StartError as error:
            start.trouble = Trouble(error.code, error.message)
        except Retryable as error:
            log.warning("starting %s: %s", spec.name, error)
            await self._clock.sleep(1.0)
        except Exception as error:
            log.exception("starting %s", spec.name)
            start.trouble = Trouble("internal", f"{type(error).__name__}: {error}")
        finally:
            start.task = None
            self.changed.add(spec.twin)

    async def _wish(self, spec: TwinSpec, start: Start, run: TwinRun | None) -> IncarnationRequested:
        goes_on, new = run is not None and run.folding, run is None or run.genesis is None
        definition = start.definition = _definition(spec)
        config = fold_config(definition, self._bounds)
        engine = definition.engine.type.value
        model = await self._workshop.build(Recipe.of(engine, spec.scene_digest, config))
        start.warnings = model.warnings
        channels = channel_table(definition, model.inventory)
        rate = float(definition.sync.rate_hz)
        pace = Pace(spec.scene_digest, engine, rate, config.step_hz, config.substeps)
        # one that comes running from another worker is never refused
        if not goes_on or self._admitted.get(spec.twin, pace) != pace:
            await self._admit(spec, rate, config, model, channels)
        self._admitted[spec.twin] = pace
        stamps = Stamps(
            engine=engine,
            engine_build=model.engine_build,
            cpu=self._cpu,
            fold_version=FOLD_VERSION,
            scene_digest=spec.scene_digest,
            model_digest=model.digest,
        )
        return IncarnationRequested(
            twin=spec.twin,
            org=spec.org,
            name=spec.name,
            revision=spec.revision,
            request_id=request_id(spec.twin, spec.revision, stamps),
            stamps=stamps,
            seed=spec.seed,
            channels=channels,
            fold=config,
            reason=f"revision {spec.revision} starts"
            if new
            else f"revision {spec.revision}, or another build, takes over",
        )

    async def _admit(
        self,
        spec: TwinSpec,
        rate: float,
        config: FoldConfig,
        model: PhysicsModel,
        channels: list[Channel],
    ) -> None:
        steps = max(1, -int(-config.step_hz / rate // 1)) * config.substeps
        cost = await self._workshop.tick_cost(model, ChannelLayout.of(channels), steps, 1.0 / rate / steps)
        self._load.admit(spec.twin, _COPIES_PER_TICK * cost + _FRAME_S, rate)


def _definition(spec: TwinSpec) -> TwinDefinition:
    try:
        return TwinDefinition.model_validate_json(spec.definition)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StartError(
            "bad_definition", f"{where}: {first['msg']}; correct it and update the twin"
        ) from error
