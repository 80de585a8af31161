"""Reports what runs: at once when something changes, and every second beside."""

from sim_worker.domain.ports import Outlet
from sim_worker.domain.specs import SpecBook
from sim_worker.domain.status import Counts, Trouble, View, to_status
from sim_worker.handlers.held import Held
from sim_worker.handlers.overload import Overload
from sim_worker.handlers.starting import Start, Starter
from sim_worker.handlers.twin import TwinRun
from twin_common.clock import Clock
from twin_schemas.records import Desired, SimPhase, TwinSpec

_EVERY_NS = 1_000_000_000


class Reporter:
    """Publishes the status of every twin whose partition this worker holds."""

    def __init__(
        self,
        specs: SpecBook,
        starter: Starter,
        overload: Overload,
        outlet: Outlet,
        clock: Clock,
        worker: str,
        stale_ns: int,
    ) -> None:
        """`worker` is this instance's name; a twin that hears nothing for `stale_ns` is stale."""
        self._specs, self._starter, self._overload, self._outlet = specs, starter, overload, outlet
        self._clock, self._worker, self._stale_ns = clock, worker, stale_ns
        self._since: dict[str, dict[str, int]] = {}
        self._said: dict[str, tuple[tuple[object, ...], int]] = {}

    def forget(self, twin: str) -> None:
        """The twin has gone, or isn't this worker's any more."""
        self._said.pop(twin, None)
        self._since.pop(twin, None)

    async def report(self, held: Held) -> None:
        """Publish what changed, and what was last said a second ago."""
        now = self._clock.now_ns()
        for spec in self._specs.on_partition(held.number):
            run = held.runs.get(spec.twin)
            view = self.view(spec, run, self._starter.of(spec.twin), now)
            said = self._said.get(spec.twin)
            quiet = view.phase in (SimPhase.STOPPED, SimPhase.FAILED, SimPhase.PARKED)
            if said is None or said[0] != view.essence or (not quiet and now - said[1] >= _EVERY_NS):
                self._said[spec.twin] = (view.essence, now)
                await self._outlet.status(to_status(view, spec, self._worker, now))

    def view(self, spec: TwinSpec, run: TwinRun | None, start: Start | None, now_ns: int) -> View:
        """Everything to be said of a twin."""
        genesis = run.genesis if run else None
        view = View(
            incarnation=genesis.incarnation if genesis else 0,
            revision=_revision(spec, run, start),
            phase=_phase(spec, run, start),
            trouble=_trouble(run, start),
            offset=run.offset if run else -1,
            tick=run.tick if run else -1,
            lag_ms=run.lag_ms if run else 0.0,
            checkpoint_offset=run.checkpoint_offset if run else -1,
            counts=run.counts if run else Counts(),
            warnings=start.warnings if start else (),
        )
        if run is not None:
            self._conditions(view, run, start, now_ns)
        return view

    def _conditions(self, view: View, run: TwinRun, start: Start | None, now_ns: int) -> None:
        found: dict[str, tuple[int, str]] = {}
        if run.parked is not None:
            found["parked"] = (now_ns, f"after journal offset {run.offset}: {run.parked}")
        elif view.phase == SimPhase.RUNNING:
            if run.heard_ns and now_ns - run.heard_ns > self._stale_ns:
                silent = (now_ns - run.heard_ns) / 1e9
                found["stale"] = (run.heard_ns, f"no frame for {silent:.1f} s: is the sync engine running?")
            if (since := self._overload.degraded_since(run.twin)) is not None:
                found["degraded"] = (
                    since,
                    f"{run.behind_s:.1f} s behind its journal: lower its rate or add a worker",
                )
            if start is not None and start.trouble is not None:
                found["update_failed"] = (now_ns, f"{start.trouble.code}: {start.trouble.message}")
        known = self._since.get(run.twin, {})
        self._since[run.twin] = {kind: known.get(kind, since) for kind, (since, _) in found.items()}
        view.conditions = {kind: (self._since[run.twin][kind], why) for kind, (_, why) in found.items()}


def _revision(spec: TwinSpec, run: TwinRun | None, start: Start | None) -> int:
    """The newest revision that what is reported is an answer to."""
    genesis = run.genesis if run else None
    if (
        run is None
        or genesis is None
        or spec.desired is not Desired.RUNNING
        or _cannot_start(spec, run, start)
    ):
        return spec.revision
    goes_on = (
        start is not None
        and start.spec.revision == spec.revision
        and start.applied(genesis)
        and not run.stopped
    )
    return spec.revision if goes_on else genesis.revision


def _phase(spec: TwinSpec, run: TwinRun | None, start: Start | None) -> SimPhase:
    if run is not None and run.parked is not None:
        return SimPhase.PARKED if spec.desired == Desired.RUNNING else SimPhase.STOPPED
    if _cannot_start(spec, run, start):
        return SimPhase.FAILED
    if run is not None and run.genesis is not None:
        return SimPhase.STOPPED if run.stopped else SimPhase.RUNNING
    if start is not None and start.trouble is not None:
        return SimPhase.FAILED
    return SimPhase.STARTING if spec.desired == Desired.RUNNING else SimPhase.STOPPED


def _cannot_start(spec: TwinSpec, run: TwinRun | None, start: Start | None) -> bool:
    """Whether a twin that was stopped is started with a definition that no incarnation can have."""
    return (
        run is not None
        and run.stopped
        and spec.desired is Desired.RUNNING
        and start is not None
        and start.spec.revision == spec.revision
        and start.trouble is not None
    )


def _trouble(run: TwinRun | None, start: Start | None) -> Trouble | None:
    return (run.trouble() if run else None) or (start.trouble if start else None)
