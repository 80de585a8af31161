"""When a producer's requests go out: at a pace, and never with what has become stale while it waited."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from aiokafka.client import ConnectionGroup
from aiokafka.producer.sender import Sender, SendProduceReqHandler

from twin_common.bus.api import StillMeant
from twin_common.errors import NoLongerMeant
from twin_common.logs import get_logger

_log = get_logger(__name__)
_PAUSE_PER_REQUEST = 3
_RESET = struct.pack("ii", 1, 0)


class PacedSender(Sender):  # type: ignore[misc]
    """Sends the first batches at once, and what comes soon after together, in one request to a broker.

    The pause between two requests grows with the time that the first one took: where brokers are quick there is hardly
    any, and where they are busy fewer requests carry more.

    aiokafka's own lingering counts from each batch's first record, so that batches of many partitions fall due one by
    one, and delays even a lone record.

    Args:
        kafka: the producer, not started, whose sender this is instead of its own.
        longest_s: pause between two requests to one broker.
        still_meant: says of a topic and a time whether what was handed over then may still be sent; None: always.
        request_timeout_ms: of a request.
    """

    def __init__(
        self, kafka: Any, longest_s: float, still_meant: StillMeant | None, request_timeout_ms: int
    ) -> None:
        own = kafka._sender  # noqa: SLF001 (a producer takes no other sender)
        super().__init__(
            own.client,
            acks=own._acks,  # noqa: SLF001
            txn_manager=own._txn_manager,  # noqa: SLF001
            message_accumulator=own._message_accumulator,  # noqa: SLF001
            retry_backoff_ms=round(own._retry_backoff * 1000),  # noqa: SLF001
            request_timeout_ms=request_timeout_ms,
        )
        self._longest_s, self._still_meant = longest_s, still_meant

    async def _send_produce_req(self, node_id: int, batches: dict[Any, Any]) -> None:
        began = time.monotonic()
        try:
            await self._send(node_id, batches)
            pause_s = min(self._longest_s, _PAUSE_PER_REQUEST * (time.monotonic() - began))
            if pause_s > 0:
                await asyncio.sleep(pause_s)
        except Exception as error:  # noqa: BLE001 (it would end the sending of this producer, and nobody would notice)
            _log.error("a request failed in an unexpected way", reason=repr(error))
            await self._put_back(each for each in batches.values() if not each.future.done())
        finally:
            self._in_flight.remove(node_id)
            for tp in batches:
                self._muted_partitions.remove(tp)

    async def _send(self, node_id: int, batches: dict[Any, Any]) -> None:
        if self._still_meant is None:
            await SendProduceReqHandler(self, batches).do(node_id)
            return
        is_ready = await self._ready(node_id)  # which may take long: what is meant is asked behind it
        meant = {tp: batch for tp, batch in batches.items() if not self._dropped(batch)}
        if not meant:
            return
        if is_ready:
            await SendProduceReqHandler(self, meant).do(node_id)
        else:
            await self._put_back(meant.values())

    async def _put_back(self, batches: Iterable[Any]) -> None:
        """Send them again, as aiokafka does where no connection is."""
        await asyncio.sleep(self._retry_backoff)
        for batch in batches:
            if batch in self._message_accumulator._pending_batches:  # noqa: SLF001 (else it waits already)
                self._message_accumulator.reenqueue(batch)
        await self.client._maybe_wait_metadata()  # noqa: SLF001

    async def _ready(self, node_id: int) -> bool:
        """Have a connection that delivers nothing more once it is given up."""
        if not await self.client.ready(node_id):
            return False
        connection = self.client._conns.get((node_id, ConnectionGroup.DEFAULT))  # noqa: SLF001
        writer = connection and connection._writer  # noqa: SLF001
        if writer is None:
            return False  # it was lost just now
        if (of_the_system := writer.get_extra_info("socket")) is not None:
            with suppress(OSError, ValueError):  # it is closed already
                of_the_system.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        writer.close = writer.transport.abort  # closing would send what is left first, and TLS its farewell
        return True

    @staticmethod
    def _since_ns(batch: Any) -> int:
        return int(batch._ctime * 1e9)  # noqa: SLF001 (a batch doesn't tell)

    def _dropped(self, batch: Any) -> bool:
        topic, partition = batch.tp.topic, batch.tp.partition
        if self._still_meant is None or self._still_meant(topic, self._since_ns(batch)):
            return False
        waiting = self._message_accumulator._batches.pop(batch.tp, ())  # noqa: SLF001 (there is no public way)
        for each in (batch, *waiting):  # what came later would be ahead of what comes again
            each.failure(exception=NoLongerMeant(f"{topic}[{partition}]: it was not sent in time"))
            if each._drain_waiter.done():  # noqa: SLF001 (hardly anybody waits for it, and asyncio would complain)
                each._drain_waiter.exception()  # noqa: SLF001
        return True
