"""Everything that the worker says, on the bus."""

import asyncio
import logging
from collections.abc import Sequence

from sim_worker.domain.identity import began_id, event_id
from sim_worker.domain.ports import Ack, Address, Asked
from sim_worker.domain.slots import CheckpointKey
from sim_worker.errors import TooLarge
from sim_worker.topics import Topics
from twin_common.bus.api import Producer
from twin_common.bus.envelope import Envelope
from twin_common.bus.types import Headers, RecordPosition
from twin_common.clock import Clock
from twin_common.errors import TwinError
from twin_common.identity import TokenSource
from twin_common.ids import uuid7
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.records import (
    CommandApplied,
    CommandRefused,
    IncarnationBegan,
    IncarnationRequested,
    PredictionFrame,
    RequestRefused,
    SetRate,
    SimStatus,
    TwinState,
)

log = logging.getLogger(__name__)

SOURCE = "sim-worker"
TRACE_HEADER = "traceparent"
_AROUND = 4096
"""Bytes of a record beside value and headers, and of the batch that it travels in, at most."""
_ROOM = {name: topic(name).max_message_bytes - _AROUND for name in ("sim.predictions", "control.events")}


class BusOutlet:
    """`Outlet` on a producer."""

    def __init__(self, producer: Producer, topics: Topics, clock: Clock, tokens: TokenSource) -> None:
        """Write to these topics; what asks the journal's writer for something carries a token of `tokens`."""
        self._producer, self._topics, self._clock, self._tokens = producer, topics, clock, tokens
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures = 0

    @property
    def failures(self) -> int:
        """Records that were not acknowledged."""
        return self._failures

    async def prediction(self, to: Address, frame: PredictionFrame, trace: bytes | None) -> Ack:
        """Hand a prediction over."""
        headers = ((TRACE_HEADER, trace),) if trace else ()
        return self._watched(
            await self._producer.post(
                self._topics.predictions,
                value=_fitting("sim.predictions", codec.encode(frame), headers),
                key=to.key,
                partition=to.partition,
                headers=headers,
            )
        )

    async def command_event(self, to: Address, event: CommandApplied | CommandRefused) -> Ack:
        """Hand over what became of a command; correlated with it."""
        return await self._event(to, event, event_id(event), event.command_id)

    async def began(self, to: Address, event: IncarnationBegan) -> Ack:
        """Hand over that an incarnation is folded."""
        return await self._event(to, event, began_id(event), None)

    async def _event(
        self,
        to: Address,
        event: CommandApplied | CommandRefused | IncarnationBegan,
        identity: str,
        cause: str | None,
    ) -> Ack:
        envelope = Envelope(
            id=identity,
            type=type(event).__name__,
            source=SOURCE,
            time_ns=self._clock.now_ns(),
            org=to.org,
            correlation_id=cause or identity,
            subject=to.twin,
            causation_id=cause,
        )
        headers = envelope.headers()
        value = _fitting("control.events", codec.encode(event), headers)
        return self._watched(
            await self._producer.post(self._topics.events, value=value, key=to.key, headers=headers)
        )

    def _watched(self, ack: "asyncio.Future[RecordPosition]") -> Ack:
        ack.add_done_callback(self._noticed)
        return ack

    def _noticed(self, ack: "asyncio.Future[RecordPosition]") -> None:
        if ack.cancelled() or ack.exception() is not None:
            self._failures += 1

    def horizons(self, encoded: Sequence[tuple[Address, bytes]]) -> None:
        """Hand over forecasts and residuals."""
        task = asyncio.get_running_loop().create_task(self._horizons(encoded))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _horizons(self, encoded: Sequence[tuple[Address, bytes]]) -> None:
        for to, value in encoded:
            try:
                await self._producer.post(
                    self._topics.horizons, value=value, key=to.key, partition=to.partition
                )
            except TwinError as error:
                log.warning("a forecast of twin %s was not sent: %s", to.twin, error)

    async def request(self, to: Address, record: IncarnationRequested | SetRate) -> None:
        """Ask the journal's writer for something."""
        envelope = Envelope.new(
            type=type(record).__name__,
            source=SOURCE,
            org=to.org,
            time_ns=self._clock.now_ns(),
            subject=to.twin,
            actor=SOURCE,
            token=await self._tokens.token(),
        )
        await self._producer.send(
            self._topics.commands,
            value=codec.encode(record),
            key=to.key,
            partition=to.partition,
            headers=envelope.headers(),
        )

    async def reply(self, answer: TwinState | RequestRefused, asked: Asked) -> None:
        """Answer a request."""
        now_ns = self._clock.now_ns()
        envelope = Envelope(
            id=uuid7(now_ns),
            type=type(answer).__name__,
            source=SOURCE,
            time_ns=now_ns,
            org=asked.org,
            actor=asked.actor,
            correlation_id=asked.correlation_id,
            causation_id=asked.id,
            traceparent=asked.trace,
        )
        await self._producer.send(
            self._topics.replies,
            value=codec.encode(answer),
            key=asked.correlation_id.encode(),
            partition=asked.reply_to,
            headers=envelope.headers(),
        )

    async def checkpoint(self, partition: int, key: CheckpointKey, encoded: bytes | None) -> None:
        """Write or remove a checkpoint."""
        await self._producer.send(
            self._topics.checkpoints, value=encoded, key=key.encode(), partition=partition
        )

    async def status(self, status: SimStatus) -> None:
        """Report a twin."""
        await self._producer.post(
            self._topics.status, value=codec.encode(status), key=f"{status.twin}/sim".encode()
        )

    async def forget_status(self, twin: str) -> None:
        """Remove a twin's report."""
        await self._producer.post(self._topics.status, value=None, key=f"{twin}/sim".encode())


def _fitting(name: str, value: bytes, headers: Headers) -> bytes:
    """The value, if it fits the topic: the broker would refuse it each time, and with it all that the worker says."""
    size = len(value) + sum(len(header) + len(text) for header, text in headers)
    if size > _ROOM[name]:
        raise TooLarge(f"{size} bytes for {name}, which takes {_ROOM[name]}")
    return value
