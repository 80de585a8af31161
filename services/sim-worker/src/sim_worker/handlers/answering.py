"""sim.requests: answers what is asked of the twins that this worker runs, off the fold's path."""

import asyncio
import logging
from hashlib import sha256

from sim_worker.domain.ports import Asked, Outlet
from sim_worker.domain.present import present_state
from sim_worker.domain.specs import SpecBook
from sim_worker.handlers.partitions import Partitions
from sim_worker.handlers.twin import TwinRun
from twin_common.bus.envelope import Envelope
from twin_common.bus.types import Record
from twin_common.clock import Clock
from twin_common.errors import EnvelopeError, TwinError
from twin_common.identity import Denied, Guard
from twin_common.telemetry import span
from twin_schemas import codec
from twin_schemas.errors import SchemaError
from twin_schemas.records import FoldSnapshot, GetState, RequestRefused, TwinSpec, TwinState

log = logging.getLogger(__name__)

STALE_NS = 30_000_000_000
"""Who asked longer ago doesn't wait any more."""
_AT_ONCE = 16
_LOOK_S = 0.05
_PATIENCE_S = 3.0
"""Others want to be answered, too."""


class RefusedRequest(Exception):
    """A request that can't be answered; `code` is stable."""

    def __init__(self, code: str, message: str) -> None:
        """Name the code and say what to do."""
        super().__init__(message)
        self.code = code


class Answers:
    """Answers requests one by one per twin; only a snapshot is taken between two records of the fold."""

    def __init__(
        self, partitions: Partitions, specs: SpecBook, guard: Guard, outlet: Outlet, clock: Clock
    ) -> None:
        """Answer for what `partitions` holds, to whom `guard` lets through."""
        self._partitions, self._specs, self._guard = partitions, specs, guard
        self._outlet, self._clock = outlet, clock
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def on_record(self, record: Record) -> None:
        """Begin to answer a request; waits only while too many others are being answered."""
        await self._room.acquire()
        task = asyncio.create_task(self._take(record))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def close(self) -> None:
        """Answer nothing more."""
        for task in self._tasks:
            task.cancel()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._room.release()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("answering a request: %s: %s", type(error).__name__, error)

    async def _take(self, record: Record) -> None:
        try:
            envelope = Envelope.parse(record.headers)
            request = codec.decode(record.value or b"")
        except (EnvelopeError, SchemaError) as error:
            log.warning("sim.requests[%d] offset %d: %s", record.partition, record.offset, error)
            return
        if envelope.reply_to is None or not isinstance(request, GetState):
            return
        with span("answer GetState", parent=envelope.traceparent, kind="consumer") as work:
            answer = await self._answer(request, envelope, record)
            if answer is not None:
                asked = Asked(
                    envelope.id,
                    envelope.org,
                    envelope.actor,
                    envelope.correlation_id,
                    envelope.reply_to,
                    work.traceparent,
                )
                try:
                    await self._outlet.reply(answer, asked)
                except TwinError as error:
                    log.warning("answering %s on bus.replies[%d]: %s", envelope.id, envelope.reply_to, error)

    async def _answer(
        self, request: GetState, envelope: Envelope, record: Record
    ) -> TwinState | RequestRefused | None:
        """The answer; None: somebody else gives it, or nobody waits for it."""
        if not await self._ready(record):
            return None
        try:
            spec = await self._permitted(request, envelope, record)
            snapshot = self._snapshot(spec, record.partition)
        except RefusedRequest as refused:
            return RequestRefused(type(request).__name__, refused.code, str(refused))
        except TwinError as error:
            return RequestRefused(type(request).__name__, "unavailable", str(error))
        return await asyncio.to_thread(_present, spec, snapshot)

    async def _ready(self, record: Record) -> bool:
        """Wait a little until a partition that is being taken over has been read to its end."""
        waited_s = 0.0
        while self._clock.now_ns() - record.timestamp_ms * 1_000_000 < STALE_NS:
            held = self._partitions.held.get(record.partition)
            if held is None or waited_s > _PATIENCE_S:
                return False
            if held.caught_up:
                return True
            await self._clock.sleep(_LOOK_S)
            waited_s += _LOOK_S
        return False

    async def _permitted(self, request: GetState, envelope: Envelope, record: Record) -> TwinSpec:
        spec = self._specs.get(request.twin)
        if spec is None or spec.org != envelope.org or spec.partition != record.partition:
            raise _unknown(request.twin)
        try:
            await self._guard.check(
                envelope.token,
                spec.org,
                "twins.read",
                record.timestamp_ms * 1_000_000,
                actor=envelope.actor,
            )
        except Denied as denied:
            if denied.code == "other_organization":
                raise _unknown(request.twin) from denied
            raise RefusedRequest(denied.code, str(denied)) from denied
        return spec

    def _snapshot(self, spec: TwinSpec, partition: int) -> FoldSnapshot:
        held = self._partitions.held.get(partition)
        run: TwinRun | None = held.runs.get(spec.twin) if held is not None else None
        snapshot = run.snapshot() if run is not None else None
        if snapshot is None:
            raise RefusedRequest("not_running", f"twin {spec.name} hasn't begun to run; start it first")
        if snapshot.parked is not None:
            raise RefusedRequest("not_running", f"twin {spec.name} is parked: {snapshot.parked}")
        if snapshot.stopped:
            raise RefusedRequest("not_running", f"twin {spec.name} is stopped; start it first")
        return snapshot


def _unknown(twin: str) -> RefusedRequest:
    return RefusedRequest("not_found", f"there is no twin {twin}")


def _present(spec: TwinSpec, snapshot: FoldSnapshot) -> TwinState:
    return present_state(spec, snapshot, sha256(codec.encode(snapshot)).hexdigest())
