"""Forecasts and their residuals, beside the fold and never in its way (journal rule 26)."""

import asyncio
import itertools
import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from sim_worker.domain.places import forecast_lane, record_place
from sim_worker.domain.ports import Address, Breadcrumbs, Outlet
from sim_worker.handlers.twin import TwinRun
from twin_schemas import codec
from twin_schemas.records import HorizonFrame, HorizonResidual, ObservationFrame
from twin_sim.fold import HorizonWindow, open_window, wants_forecast

log = logging.getLogger(__name__)

_ROOM_PER_THREAD = 32
_LATE_S = 0.5
_TOGETHER_S = 0.02


@dataclass(slots=True)
class _Job:
    """A forecast or a residual, and what came of it; None: nothing."""

    run: TwinRun
    to: Address
    place: str
    work: Callable[[], HorizonFrame | HorizonResidual]
    record: HorizonFrame | HorizonResidual | None = None
    encoded: bytes | None = None


class Horizons:
    """Computes forecasts in background threads; under load they are left out and counted.

    What is left out can be recomputed from the journal: which ticks are forecast depends on the tick alone.
    """

    def __init__(self, threads: int, outlet: Outlet, crumbs: Breadcrumbs) -> None:
        """Use so many threads; 0 makes no forecasts."""
        self._outlet, self._crumbs = outlet, crumbs
        self._room = threads * _ROOM_PER_THREAD
        self._numbers = itertools.count()
        self._lane = threading.local()
        self._waiting = 0
        self._ready: deque[_Job] = deque()
        self._expected = False
        self._pool = ThreadPoolExecutor(threads, "horizon", self._enter) if threads else None

    def _enter(self) -> None:
        self._lane.name = forecast_lane(next(self._numbers))

    def observe(self, run: TwinRun, to: Address, frame: ObservationFrame) -> None:
        """A frame was folded: fill the open windows, and begin a forecast if its tick is one for it."""
        folded, state = run.fold.last, run.fold.state
        if folded is None or state is None:
            return
        if run.windows:
            self._fill(run, to, frame)
        if not wants_forecast(state):
            return
        # A twin that catches up has more urgent things to do, and a copy costs as much as a tick.
        if self._pool is None or self._waiting >= self._room or run.behind_s > _LATE_S:
            run.counts.forecasts_skipped += 1
            return
        window = open_window(run.fold)
        run.windows.append(window)
        self._submit(run, to, window.forecast)

    def _fill(self, run: TwinRun, to: Address, frame: ObservationFrame) -> None:
        assert run.fold.last is not None
        for window in run.windows:
            window.observe(run.fold.last, frame)
        open_ones: list[HorizonWindow] = []
        for window in run.windows:
            if window.void:
                continue
            if window.closed_offset < 0:
                open_ones.append(window)
            elif self._waiting >= self._room:
                window.abandon()
                run.counts.forecasts_skipped += 1
            else:
                self._submit(run, to, window.residual)
        run.windows[:] = open_ones

    def _submit(self, run: TwinRun, to: Address, work: Callable[[], HorizonFrame | HorizonResidual]) -> None:
        assert self._pool is not None
        self._waiting += 1
        place = record_place(run.twin, run.genesis.incarnation if run.genesis else 0, run.taken)
        self._pool.submit(self._compute, asyncio.get_running_loop(), _Job(run, to, place, work))

    def _compute(self, loop: asyncio.AbstractEventLoop, job: "_Job") -> None:
        """In a thread: everything that needs no other one, so that the fold's has little left to do."""
        try:
            job.record = self._marked(job.place, job.work)
            job.encoded = codec.encode(job.record)
        except Exception:
            log.debug("a forecast of twin %s failed", job.run.twin, exc_info=True)
        self._ready.append(job)
        if not self._expected:
            self._expected = True
            with suppress(RuntimeError):  # the loop has closed: nobody wants them any more
                loop.call_soon_threadsafe(loop.call_later, _TOGETHER_S, self._deliver)

    def _marked(
        self, place: str, work: Callable[[], HorizonFrame | HorizonResidual]
    ) -> HorizonFrame | HorizonResidual:
        """A forecast that brings the process down counts as a death at the record after which it began."""
        self._crumbs.mark(self._lane.name, place)
        try:
            return work()
        finally:
            self._crumbs.clear(self._lane.name)

    def _deliver(self) -> None:
        """Send what is ready, together: a forecast is no more urgent than this."""
        self._expected = False  # first of all: what gets ready from here on calls again
        said: list[tuple[Address, bytes]] = []
        while self._ready:
            job = self._ready.popleft()
            self._waiting -= 1
            counts = job.run.counts
            if job.encoded is None:
                counts.forecasts_failed += 1
                continue
            if isinstance(job.record, HorizonFrame):
                counts.forecasts += 1
            else:
                counts.residuals += 1
            said.append((job.to, job.encoded))
        if said:
            self._outlet.horizons(said)

    def close(self) -> None:
        """Forget what waits; what is under way ends by itself."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
