"""A bus whose brokers go away and come back."""

import asyncio

from twin_common.errors import BrokerUnreachable


class MoodyBus:
    """Like the bus it wraps, but while `away` nothing opens and nothing open works."""

    def __init__(self, bus):
        self._bus = bus
        self.away = False
        self.missed = 0
        """Calls that found nobody."""

    async def leaves(self):
        """The brokers go away; returns once that has been noticed."""
        self.away, before = True, self.missed
        async with asyncio.timeout(20):
            while self.missed == before:  # noqa: ASYNC110 (a number has no event)
                await asyncio.sleep(0.005)

    def __getattr__(self, name):
        return _moody(getattr(self._bus, name), self)


class MoodyClient:
    def __init__(self, client, bus):
        self._client, self._bus = client, bus

    def __getattr__(self, name):
        return _moody(getattr(self._client, name), self._bus)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self._client.close()


def _moody(method, bus):
    async def call(*args, **options):
        if bus.away:
            bus.missed += 1
            raise BrokerUnreachable("no broker answers")
        found = await method(*args, **options)
        if bus.away:
            bus.missed += 1
            raise BrokerUnreachable("no broker answers")
        return MoodyClient(found, bus) if hasattr(found, "close") else found

    return call
