"""Reports what runs: at once when something changes, and every second beside."""

from collections.abc import Collection

from sim_worker.domain.ports import Outlet
from sim_worker.domain.specs import SpecBook
from sim_worker.domain.status import Counts, Trouble, View, to_status
from sim_worker.handlers.held import Held
from sim_worker.handlers.overload import Overload
from sim_worker.handlers.starting import Start, Starter
from sim_worker.handlers.twin import TwinRun
from sim_worker.handlers.waiting import waits_for
from twin_common.clock import Clock
from twin_schemas.records import Desired, SimPhase, TwinSpec

_WAITING = "waiting"
_AT_REST = (SimPhase.STOPPED, SimPhase.FAILED, SimPhase.PARKED)
_EVERY_NS = 1_000_000_000
_LOOK_NS = 200_000_000
"""What changes by time alone (silence, lag) is noticed this late at most; the rest is told at once."""


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
        self._looked: dict[int, int] = {}

    def forget(self, twin: str) -> None:
        """The twin has gone, or isn't this worker's any more."""
        self._said.pop(twin, None)
        self._since.pop(twin, None)

    async def report(self, held: Held, changed: Collection[str]) -> None:
        """Publish what changed, and what was last said a second ago; those `changed` don't wait for a look."""
        now = self._clock.now_ns()
        specs = self._specs.on_partition(held.number)
        if now - self._looked.get(held.number, 0) >= _LOOK_NS:
            self._looked[held.number] = now
        else:
            specs = [spec for spec in specs if spec.twin in changed]
        for spec in specs:
            run = held.runs.get(spec.twin)
            view = self.view(held, spec, run, now)
            said = self._said.get(spec.twin)
            quiet = view.phase in _AT_REST and _WAITING not in view.conditions
            if said is None or said[0] != view.essence or (not quiet and now - said[1] >= _EVERY_NS):
                self._said[spec.twin] = (view.essence, now)
                await self._outlet.status(to_status(view, spec, self._worker, now))

    def view(self, held: Held, spec: TwinSpec, run: TwinRun | None, now_ns: int) -> View:
        """Everything to be said of a twin."""
        start = self._starter.of(spec.twin)
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
        found = self._found(view.phase, run, start, now_ns) if run is not None else {}
        if (missing := waits_for(spec, held, run, start)) is not None:
            found[_WAITING] = (now_ns, missing)
        known = self._since.get(spec.twin, {})
        self._since[spec.twin] = {kind: known.get(kind, since) for kind, (since, _) in found.items()}
        view.conditions = {kind: (self._since[spec.twin][kind], why) for kind, (_, why) in found.items()}
        return view

    def _found(
        self, phase: SimPhase, run: TwinRun, start: Start | None, now_ns: int
    ) -> dict[str, tuple[int, str]]:
        found: dict[str, tuple[int, str]] = {}
        if run.parked is not None:
            found["parked"] = (now_ns, f"after journal offset {run.offset}: {run.parked}")
        elif phase == SimPhase.RUNNING:
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
        return found


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
