"""One connection to one MQTT broker, kept up with the configured back-off."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from gmqtt import Client
from gmqtt.mqtt.handler import MQTTError

from sync_engine.adapters.bridges.mqtt.gathered import GatheredWrites
from sync_engine.adapters.bridges.mqtt.requests import Requests
from sync_engine.adapters.bridges.mqtt.subscriptions import Subscription, Subscriptions
from sync_engine.adapters.bridges.mqtt.tls import tls_context
from sync_engine.adapters.bridges.mqtt.wire import arrival, publication
from sync_engine.domain.ports import Listener
from twin_common.clock import Clock
from twin_common.settings.services import Mqtt

_log = logging.getLogger(__name__)

_CONNECT_S: Final = 5.0
_NEVER_BY_ITSELF: Final = {"reconnect_retries": -2}
_LARGEST_PACKET: Final = 16
"""Times the payload limit: so much is still received, to be refused by name; beyond, the broker keeps it."""
_SEND_BUFFER_BYTES: Final = 4_194_304
_REFUSED: Final = 0x80
_VERSION_5: Final = 5


class MqttConnection:
    """Receives for listeners and publishes for outlets.

    A new client is made for each attempt, so that the waits between attempts are those of the definition
    and a client never carries half a state over. asyncio sets TCP_NODELAY on its sockets.

    Attributes:
        users: how many listeners and outlets share it.
    """

    def __init__(
        self,
        broker: str,
        client_id: str,
        settings: Mqtt,
        backoff_ms: tuple[int, ...],
        clock: Clock,
        crash: Callable[[Exception], None],
    ) -> None:
        """Begin to connect."""
        self.users = 0
        self._broker, self._client_id, self._settings, self._backoff_ms = (
            broker,
            client_id,
            settings,
            backoff_ms,
        )
        self._clock, self._crash = clock, crash
        self._subscriptions = Subscriptions()
        self._client: Any = None
        self._writes: GatheredWrites
        self._speaks_5 = True
        self._connected = False
        self._error: str | None = None
        self._lost = asyncio.Event()
        self._asked: dict[int, Subscription] = {}
        self._requests = Requests()
        self._quiet = logging.getLogger(f"{__name__}.gmqtt")
        self._quiet.setLevel(logging.CRITICAL)
        for name in ("gmqtt", "gmqtt.mqtt.protocol"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # every fault is reported by us, once
        self._task = asyncio.ensure_future(self._keep_up())
        self._task.add_done_callback(self._ended)

    def subscribe(self, topic: str, qos: int, listener: Listener) -> None:
        """Receive a topic filter's messages for a listener."""
        wanted = self._subscriptions.add(topic, qos, listener)
        if self._connected:
            if wanted is not None:
                self._ask(wanted)  # it hears of the connection when the broker has taken the filter
            else:
                listener.link(connected=True, error=None)
        else:
            listener.link(connected=False, error=self._error)

    def wait_between(self, backoff_ms: tuple[int, ...]) -> None:
        """Wait so long between attempts to connect, from the next one on."""
        self._backoff_ms = backoff_ms

    def unsubscribe(self, topic: str, listener: Listener) -> None:
        """End a listener's reception."""
        if self._subscriptions.remove(topic, listener) and self._connected:
            client = self._client
            self._requests.add(lambda: client.unsubscribe(topic))

    def publish(self, topic: str, payload: bytes, qos: int) -> str | None:
        """Send a message at once; None, or why it was dropped."""
        if not self._connected:
            return "mqtt_disconnected"
        if self._writes.backlog() > _SEND_BUFFER_BYTES:
            return "mqtt_backlog"
        if qos == 0:
            self._writes.write(publication(topic.encode(), payload, properties=self._speaks_5))
            return None
        client = self._client
        if not self._requests.add(lambda: client.publish(topic, payload, qos=qos)):
            return "mqtt_receive_maximum"
        return None

    def abandon(self) -> None:
        """Nobody uses it any more: close in the background."""
        self._closing = asyncio.ensure_future(self.close())

    async def close(self) -> None:
        """Disconnect and stop trying."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def _ended(self, task: asyncio.Future[None]) -> None:
        self._requests.clear()
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._crash(error)

    async def _keep_up(self) -> None:
        attempt = 0
        while True:
            self._lost.clear()
            client = self._new_client()
            try:
                await self._connect(client)
            except (OSError, MQTTError, TimeoutError) as error:
                self._down(self._explain(error))
            else:
                attempt = 0
                self._up(client)
                try:
                    await self._lost.wait()
                finally:
                    self._connected = False
                    if not self._lost.is_set():
                        await _quietly(client)
                self._down(f"{self._broker} closed the connection")
            await _quietly(client)
            wait_ms = self._backoff_ms[min(attempt, len(self._backoff_ms) - 1)]
            attempt += 1
            await asyncio.sleep(wait_ms / 1000)

    def _new_client(self) -> Any:
        client: Any = Client(
            self._client_id,
            clean_session=True,
            logger=self._quiet,
            maximum_packet_size=min(_LARGEST_PACKET * self._settings.max_payload_bytes, 268_435_455),
        )
        client.set_config(_NEVER_BY_ITSELF)
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        if self._settings.username is not None:
            password = self._settings.password
            client.set_auth_credentials(
                self._settings.username, password.get_secret_value() if password is not None else None
            )
        return client

    async def _connect(self, client: Any) -> None:
        url = urlsplit(self._broker)
        secure = url.scheme == "mqtts"
        async with asyncio.timeout(_CONNECT_S):
            await client.connect(
                url.hostname,
                url.port or (8883 if secure else 1883),
                ssl=tls_context(self._settings) if secure else False,
                keepalive=self._settings.keepalive_s,
            )

    def _up(self, client: Any) -> None:
        self._client, self._connected, self._error = client, True, None
        self._take_over(client)
        self._asked.clear()
        for subscription in self._subscriptions:
            self._ask(subscription)

    def _take_over(self, client: Any) -> None:
        """Pack and unpack messages of QoS 0 here: in gmqtt, that costs more than all that follows from them.

        What isn't such a message goes the usual way.
        """
        connection = client._connection  # noqa: SLF001 - gmqtt has no public way to its packets
        others = connection.put_package
        self._speaks_5 = connection._protocol.proto_ver >= _VERSION_5  # noqa: SLF001 - after a downgrade
        self._writes = GatheredWrites(connection._transport)  # noqa: SLF001

        def take(packet: Any) -> None:
            found = arrival(packet.cmd, packet.data, properties=self._speaks_5)
            if found is None:
                others(packet)
                return
            connection._last_data_in = time.monotonic()  # noqa: SLF001 - its watch over the connection
            self._received(found.topic, found.payload, found.numbers)

        connection.put_package = take

    def _down(self, error: str) -> None:
        self._requests.clear()
        if error != self._error:
            _log.warning("mqtt: %s", error)
        self._error = error
        for listener in self._subscriptions.everyone():
            listener.link(connected=False, error=error)

    def _ask(self, subscription: Subscription) -> None:
        client = self._client
        numbered = {"subscription_identifier": subscription.number} if self._speaks_5 else {}

        def subscribe() -> None:
            mid = client.subscribe(subscription.topic, qos=subscription.qos, **numbered)
            self._asked[mid] = subscription

        self._requests.add(subscribe)

    def _explain(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return (
                f"{self._broker}: no answer in {_CONNECT_S:g} s; does the broker want a client certificate?"
            )
        return f"{self._broker}: {error}"

    # -- called by gmqtt

    def _on_message(self, client: Any, topic: str, payload: bytes, qos: int, properties: Any) -> int:
        self._received(topic, payload, properties.get("subscription_identifier"))
        return 0

    def _received(self, topic: str, payload: bytes, numbers: Sequence[int] | None) -> None:
        receive_ns = self._clock.now_ns()
        try:
            for listener in self._subscriptions.listeners(topic, numbers):
                listener.message(topic, payload, receive_ns)
        except Exception as error:  # noqa: BLE001 - raised here, it would end gmqtt's read loop without a word
            self._crash(error)

    def _on_disconnect(self, client: Any, packet: Any, *rest: Any) -> None:
        if client is self._client or self._client is None:
            self._lost.set()

    def _on_subscribe(self, client: Any, mid: int, granted: Any, properties: Any) -> None:
        subscription = self._asked.pop(mid, None)
        if subscription is None:
            return
        refused = any(code >= _REFUSED for code in granted)
        error = f"{self._broker} refused the filter {subscription.topic!r}" if refused else None
        for listener in subscription.listeners:
            listener.link(connected=True, error=error)


async def _quietly(client: Any) -> None:
    """Release a client, whatever state it is in."""
    try:
        async with asyncio.timeout(1.0):
            await client.disconnect()
    except (OSError, TimeoutError, AttributeError, MQTTError) as error:
        _log.debug("mqtt: disconnecting: %r", error)
