"""One producer for the whole process, opened when it is first needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from api_gateway.errors import Problem
from twin_common.bus.api import Bus, Producer
from twin_common.bus.types import Headers
from twin_common.errors import BrokerUnreachable, BusError
from twin_common.logs import get_logger
from twin_schemas.catalogue import topic

_AWAY = {"Retry-After": "1"}
_LEAST_S = 1.0
"""However short callers want to wait for answers: a broker that takes a moment longer isn't absent."""
_log = get_logger(__name__)


class Sender:
    """Writes records to topics of the catalogue.

    Args:
        bus: opens the producer.
        prefix: begins every physical topic name.
        deadline_s: a broker that takes longer is taken for absent.
        lost: called for each record that was handed over by `post` and not written.
    """

    def __init__(self, bus: Bus, prefix: str, deadline_s: float, lost: Callable[[], None]) -> None:
        self._bus, self._prefix, self._deadline_s, self._lost = bus, prefix, deadline_s, lost
        self._producer: Producer | None = None
        self._opening = asyncio.Lock()
        self.connected = True
        """Whether the brokers answered when they were last asked; kept up to date by the pulse."""

    async def send(
        self,
        name: str,
        key: str,
        value: bytes,
        headers: Headers,
        partition: int | None = None,
        *,
        command: str = "",
        due: float | None = None,
    ) -> None:
        """Write one record and wait for the broker, as long as the deadline says or until `due` by the loop's clock,
        and for a second at least.

        Raises:
            Problem: `unavailable`; the detail says whether the record may be there all the same.
        """
        if not self.connected:
            raise Problem("unavailable", "no broker answers; nothing was done", headers=_AWAY)
        now = asyncio.get_running_loop().time()
        due = max(now + _LEAST_S, now + self._deadline_s if due is None else due)
        try:
            async with asyncio.timeout_at(due):
                producer = self._producer or await self._open()
        except (BrokerUnreachable, TimeoutError):
            raise Problem("unavailable", "no broker answers; nothing was done", headers=_AWAY) from None
        try:
            async with asyncio.timeout_at(due):
                await producer.send(
                    topic(name).physical(self._prefix),
                    key=key.encode(),
                    value=value,
                    headers=headers,
                    partition=partition,
                )
        except (BrokerUnreachable, TimeoutError):
            raise Problem(
                "unavailable",
                f"the broker didn't confirm command {command}: it may be done or not",
                remedy=f"Repeat the request with the same Idempotency-Key, or see GET /v1/commands/{command}",
                headers=_AWAY,
            ) from None
        except BusError as error:
            _log.error("a record was refused", topic=name, error=str(error))
            raise Problem(
                "unavailable", "the broker refused the record; nothing was done", headers=_AWAY
            ) from None

    async def post(self, name: str, key: str, value: bytes) -> None:
        """Hand one record over without waiting for the broker.

        Raises:
            BrokerUnreachable, BusError, TimeoutError: it wasn't taken.
        """
        async with asyncio.timeout(self._deadline_s):
            producer = self._producer or await self._open()
            await producer.post(topic(name).physical(self._prefix), key=key.encode(), value=value)

    async def _open(self) -> Producer:
        async with self._opening:
            if self._producer is None:
                self._producer = await self._bus.producer(on_failure=self._failed)
            return self._producer

    async def close(self) -> None:
        """Write out what was handed over, as long as a broker takes it, and disconnect."""
        if self._producer is not None:
            try:
                async with asyncio.timeout(self._deadline_s):
                    await self._producer.close()
            except (BrokerUnreachable, BusError, TimeoutError) as error:
                _log.warning("records were lost at the end", error=str(error))

    def _failed(self, error: Exception) -> None:
        self._lost()
        _log.error("a record was not written", error=str(error))
