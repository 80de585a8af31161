"""The MQTT bridge: one connection per broker, shared by every twin that names it."""

import uuid
from collections.abc import Callable

from sync_engine.adapters.bridges.mqtt.connection import MqttConnection
from sync_engine.adapters.bridges.mqtt.outlet import MqttOutlet
from sync_engine.domain.ports import Listener, Outlet
from twin_common.clock import Clock
from twin_common.definition import MqttPublish, MqttSource
from twin_common.definition.sources import Source
from twin_common.settings import Settings


class MqttBridge:
    """`sync_engine.domain.ports.Bridge` for MQTT."""

    def __init__(self, settings: Settings, clock: Clock, crash: Callable[[Exception], None]) -> None:
        """Begin with no connection.

        Args:
            settings: user, password, keep-alive and payload limit.
            clock: stamps receipts.
            crash: told when a listener raises.
        """
        self._settings, self._clock, self._crash = settings.mqtt, clock, crash
        self._client_id = f"hanzo-twin-sync-{uuid.uuid4().hex[:12]}"
        self._connections: dict[str, MqttConnection] = {}

    def listen(self, source: Source, backoff_ms: tuple[int, ...], listener: Listener) -> Callable[[], None]:
        """Subscribe to a source's topic filter."""
        if not isinstance(source, MqttSource):
            raise TypeError(f"a source of type {source.type} isn't an MQTT source")
        connection = self._connection(source.broker, backoff_ms)
        connection.subscribe(source.topic, source.qos, listener)

        def end() -> None:
            connection.unsubscribe(source.topic, listener)
            self._release(source.broker)

        return end

    def outlet(self, publish: MqttPublish, broker: str, backoff_ms: tuple[int, ...]) -> Outlet:
        """A topic to publish to."""
        connection = self._connection(broker, backoff_ms)
        return MqttOutlet(connection, publish.topic, publish.qos, lambda: self._release(broker))

    async def close(self) -> None:
        """Close every connection."""
        connections, self._connections = list(self._connections.values()), {}
        for connection in connections:
            await connection.close()

    def _connection(self, broker: str, backoff_ms: tuple[int, ...]) -> MqttConnection:
        connection = self._connections.get(broker)
        if connection is None:
            connection = self._connections[broker] = MqttConnection(
                broker, self._client_id, self._settings, backoff_ms, self._clock, self._crash
            )
        else:
            connection.wait_between(backoff_ms)
        connection.users += 1
        return connection

    def _release(self, broker: str) -> None:
        connection = self._connections.get(broker)
        if connection is None:
            return
        connection.users -= 1
        if not connection.users:
            del self._connections[broker]
            connection.abandon()
