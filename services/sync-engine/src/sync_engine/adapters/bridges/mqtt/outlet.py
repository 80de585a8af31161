"""Publishing to one MQTT topic."""

from collections.abc import Callable

from sync_engine.adapters.bridges.mqtt.connection import MqttConnection


class MqttOutlet:
    """`sync_engine.domain.ports.Outlet` for MQTT: what can't be sent at once is dropped, and says why."""

    def __init__(self, connection: MqttConnection, topic: str, qos: int, release: Callable[[], None]) -> None:
        """Publish over a shared connection; `release` gives it up."""
        self._connection, self._topic, self._qos, self._release = connection, topic, qos, release

    def publish(self, payload: bytes) -> str | None:
        """Hand a payload to the connection."""
        return self._connection.publish(self._topic, payload, self._qos)

    def close(self) -> None:
        """Publish no more."""
        self._release()
