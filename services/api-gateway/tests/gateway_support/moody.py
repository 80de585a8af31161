"""A bus whose brokers go away and come back."""

from twin_common.errors import BrokerUnreachable


class MoodyBus:
    """Like the bus it wraps, but while `away` nothing opens and nothing open works."""

    def __init__(self, bus):
        self._bus = bus
        self.away = False

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
            raise BrokerUnreachable("no broker answers")
        found = await method(*args, **options)
        if bus.away:
            raise BrokerUnreachable("no broker answers")
        return MoodyClient(found, bus) if hasattr(found, "close") else found

    return call
