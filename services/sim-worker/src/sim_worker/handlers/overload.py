"""Watches twins that are slower than real time, and what they really cost."""

import logging
from collections.abc import Callable
from fractions import Fraction

from sim_worker.domain.admission import Load
from sim_worker.domain.identity import rate_command_id
from sim_worker.domain.lag import LagLimits, LagWatch, Relief, Shares, slower
from sim_worker.domain.ports import Address, Meter, Outlet
from sim_worker.domain.specs import SpecBook
from sim_worker.handlers.held import Held
from sim_worker.handlers.twin import TwinRun
from twin_common.clock import Clock
from twin_common.errors import TwinError
from twin_schemas.records import SetRate

log = logging.getLogger(__name__)


class Overload:
    """Asks for lower rates, and parks what is hopeless: of the twins that use the most, not of those beside them."""

    def __init__(
        self,
        specs: SpecBook,
        outlet: Outlet,
        load: Load,
        limits: LagLimits,
        meter: Meter,
        clock: Clock,
        parked: Callable[[str], None],
    ) -> None:
        """`parked` hears of each twin that was parked."""
        self._specs, self._outlet, self._load, self._limits = specs, outlet, load, limits
        self._meter, self._clock, self._parked = meter, clock, parked
        self._shares = Shares()
        self._watches: dict[str, LagWatch] = {}
        self._frames: dict[str, int] = {}
        self._looked_ns = clock.monotonic_ns()

    def degraded_since(self, twin: str) -> int | None:
        """Since when a twin is behind; None: it isn't."""
        watch = self._watches.get(twin)
        return watch.degraded_since if watch else None

    def forget(self, twin: str) -> None:
        """The twin has gone, or isn't this worker's any more."""
        self._watches.pop(twin, None)
        self._frames.pop(twin, None)
        self._shares.forget(twin)

    async def look(self, partitions: list[Held]) -> None:
        """Look at every twin that is folding; call about every second."""
        now = self._clock.monotonic_ns()
        elapsed_s = max(1e-3, (now - self._looked_ns) / 1e9)
        self._looked_ns = now
        for held in partitions:
            for run in list(held.runs.values()):
                spent, run.spent_s = run.spent_s, 0.0
                if run.folding and held.caught_up:
                    self._load.observe(run.twin, self._shares.observe(run.twin, spent / elapsed_s))
                    await self._watch(run, self._slowable(run, spent))
                elif not run.folding:
                    self._load.release(run.twin)
                    self.forget(run.twin)
        self._meter.holds(len(partitions), self._load.total)

    def _slowable(self, run: TwinRun, spent_s: float) -> bool:
        """Whether a worker could be busy with a tick of half its rate: it takes twice as many engine steps."""
        folded = run.counts.frames - self._frames.get(run.twin, run.counts.frames)
        self._frames[run.twin] = run.counts.frames
        return 2 * spent_s <= self._load.longest_tick_s * max(1, folded)

    async def _watch(self, run: TwinRun, slowable: bool) -> None:
        state = run.fold.state
        if state is None:
            return
        watch = self._watches.setdefault(run.twin, LagWatch(self._limits))
        rate = Fraction(state.grid.rate_num, state.grid.rate_den)
        relief = watch.observe(self._clock.now_ns(), run.behind_s, rate, slowable=slowable)
        if not self._shares.to_blame(run.twin):
            return
        if relief is Relief.PARK:
            run.park(
                f"too_slow: {run.behind_s:.1f} s behind at {float(rate):g} Hz, the lowest rate that it can have: "
                "simplify the scene, lower step_hz, or give the twin a worker of its own"
            )
            self._parked(run.twin)
        elif relief is Relief.SLOWER:
            await self._slow_down(run, slower(rate))

    async def _slow_down(self, run: TwinRun, rate: Fraction) -> None:
        spec = self._specs.get(run.twin)
        if spec is None:
            return
        wish = SetRate(
            twin=run.twin,
            command_id=rate_command_id(run.twin, run.genesis.incarnation if run.genesis else 0, run.offset),
            rate_num=rate.numerator,
            rate_den=rate.denominator,
            reason=f"overload: {run.behind_s:.1f} s behind",
        )
        try:
            await self._outlet.request(Address.of(spec), wish)
            self._meter.slowed(spec.name)
        except TwinError as error:
            log.warning("asking for a lower rate of %s: %s", spec.name, error)
