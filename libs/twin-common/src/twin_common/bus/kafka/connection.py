"""Opening aiokafka's clients: options, a deadline, and one clear error when there is no broker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any, Protocol

from twin_common.bus.kafka.closed import expect_closed_transports
from twin_common.bus.kafka.faults import translated
from twin_common.bus.kafka.metadata import keep_refreshing
from twin_common.bus.kafka.security import refusal, security_options
from twin_common.errors import BrokerUnreachable
from twin_common.settings.standard import Stream

_STOP_S = 3.0
_stopping: set[asyncio.Future[None]] = set()


class _Startable(Protocol):
    def start(self) -> Awaitable[None]: ...


class _Stoppable(Protocol):
    def stop(self) -> Awaitable[None]: ...


def options(stream: Stream, client_id: str) -> dict[str, Any]:
    """The options that all of aiokafka's clients take."""
    return {
        "bootstrap_servers": list(stream.broker_list),
        "client_id": client_id,
        "request_timeout_ms": stream.request_timeout_ms,
        "retry_backoff_ms": 50,
        "metadata_max_age_ms": 30_000,
        **security_options(stream),
    }


async def start(client: _Startable, stop: Awaitable[None], stream: Stream) -> None:
    """Start a client within the connect time-out; stops it again when that fails.

    Args:
        client: one of aiokafka's, not started.
        stop: what releases it; awaited on failure, closed unused otherwise.
        stream: broker addresses and time-outs.

    Raises:
        BrokerUnreachable: nobody answers there.
        BrokerRefused: somebody answers and refuses.
    """
    # Unconfigured programs would otherwise see aiokafka's log lines before our one clear error.
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    expect_closed_transports()
    keep_refreshing(getattr(client, "client", None) or getattr(client, "_client"))  # noqa: B009 (as each names it)
    try:
        async with asyncio.timeout(stream.connect_timeout_s):
            with translated("connecting", stream.brokers):
                await client.start()
    except BaseException as error:
        await _quietly(stop)
        if isinstance(error, BrokerUnreachable | TimeoutError) and (refused := await refusal(stream)):
            raise refused from error
        if isinstance(error, TimeoutError) and not isinstance(error, BrokerUnreachable):
            raise BrokerUnreachable(
                f"no broker at {stream.brokers} within {stream.connect_timeout_s:g} s; "
                "start it with `hanzo-twin dev up`"
            ) from error
        raise
    if asyncio.iscoroutine(stop):
        stop.close()


async def stop(client: _Stoppable) -> None:
    """Release one of aiokafka's consumers, in a task of its own.

    While it waits for its fetching to end it swallows a cancellation that is meant for whoever stops it; and its
    fetching overlooks its own when it has just been given other partitions: the second time it listens.
    """
    stopping = asyncio.ensure_future(client.stop())
    _stopping.add(stopping)
    stopping.add_done_callback(_stopped)
    await asyncio.wait({stopping}, timeout=_STOP_S)
    if not stopping.done():
        stopping.cancel()
        await asyncio.wait({stopping}, timeout=_STOP_S)
    elif not stopping.cancelled():
        stopping.result()


def _stopped(stopping: asyncio.Future[None]) -> None:
    _stopping.discard(stopping)
    if not stopping.cancelled():
        stopping.exception()  # nobody may wait for it any more


async def _quietly(stop: Awaitable[None]) -> None:
    """Release what was half opened; the first failure is the one worth telling."""
    try:
        async with asyncio.timeout(1.0):
            await stop
    except Exception as error:  # noqa: BLE001 (whatever it is, it comes second)
        logging.getLogger(__name__).debug("releasing a client that did not start: %r", error)
