"""When a producer's requests go out: at a pace, and never with what has become stale while it waited."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from contextlib import suppress
from typing import Any

from aiokafka.client import ConnectionGroup
from aiokafka.producer.sender import Sender, SendProduceReqHandler

from twin_common.bus.api import StillMeant
from twin_common.errors import SendFailed

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
        if self._still_meant is not None and await self.client.ready(node_id):
            self._take_back_when_closed(node_id)
        meant = {tp: batch for tp, batch in batches.items() if not self._dropped(batch)}
        if meant:
            await SendProduceReqHandler(self, meant).do(node_id)
        pause_s = min(self._longest_s, _PAUSE_PER_REQUEST * (time.monotonic() - began))
        if pause_s > 0:
            await asyncio.sleep(pause_s)
        self._in_flight.remove(node_id)
        for tp in batches:
            self._muted_partitions.remove(tp)

    def _take_back_when_closed(self, node_id: int) -> None:
        """Let a connection that is given up deliver nothing more of what waits in this machine for the network."""
        socket_ = self.client._conns[node_id, ConnectionGroup.DEFAULT]._writer.get_extra_info("socket")  # noqa: SLF001
        with suppress(OSError):  # it is closed already
            socket_.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

    @staticmethod
    def _since_ns(batch: Any) -> int:
        return int(batch._ctime * 1e9)  # noqa: SLF001 (a batch doesn't tell)

    def _dropped(self, batch: Any) -> bool:
        topic, partition = batch.tp.topic, batch.tp.partition
        if self._still_meant is None or self._still_meant(topic, self._since_ns(batch)):
            return False
        waiting = self._message_accumulator._batches.pop(batch.tp, ())  # noqa: SLF001 (there is no public way)
        for each in (batch, *waiting):  # what came later would be ahead of what comes again
            each.failure(exception=SendFailed(f"{topic}[{partition}]: it was not sent in time"))
            if each._drain_waiter.done():  # noqa: SLF001 (hardly anybody waits for it, and asyncio would complain)
                each._drain_waiter.exception()  # noqa: SLF001
        return True
