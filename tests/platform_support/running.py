"""One running platform, and what tests do with it from outside."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
from confluent_kafka import Consumer, Message, TopicPartition

from hanzo_twin.bus import open_twins
from hanzo_twin.stack import EmbeddedStack
from twin_common.blobs import S3Links
from twin_schemas import codec

ROOT = Path(__file__).parents[2]
SCENE = ROOT / "examples/pendulum/scene.usda"
PREFIX = "hanzo.twin"
T = TypeVar("T")


def definition(name: str, *, rate_hz: float = 1) -> str:
    """A twin that needs nobody: it runs by itself."""
    return (
        f"name: {name}\n"
        "scene: {uri: 'scene:pendulum'}\n"
        "engine: {type: mujoco, config: {step_hz: 120}}\n"
        f"sync: {{mode: standalone, rate_hz: {rate_hz}}}\n"
    )


class Platform:
    """A stack with its API."""

    def __init__(self, stack: EmbeddedStack) -> None:
        self.stack = stack
        self.connection = stack.connection
        self.brokers = self.connection.brokers
        self.http = httpx.Client(base_url=self.connection.api_url, timeout=30)
        self._tokens: dict[tuple[str, str, str], str] = {}

    def close(self) -> None:
        self.http.close()

    def token(self, *, org: str = "local", role: str = "twin-admin", actor: str = "tester") -> str:
        """A token of the stack's own issuer."""
        if (org, role, actor) not in self._tokens:
            form = {
                "grant_type": "client_credentials",
                "client_id": self.connection.developer_client_id,
                "client_secret": self.connection.developer_client_secret,
                "org": org,
                "role": role,
                "actor": actor,
            }
            answer = httpx.post(
                f"{self.connection.issuer_url.rstrip('/')}/token", data=form
            ).raise_for_status()
            self._tokens[org, role, actor] = answer.json()["access_token"]
        return self._tokens[org, role, actor]

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A request; `org`, `role` and `actor` say whose, `token=None` sends none."""
        who = {name: options.pop(name) for name in ("org", "role", "actor") if name in options}
        token = options.pop("token") if "token" in options else self.token(**who)
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return self.http.request(method, path, headers=headers | options.pop("headers", {}), **options)

    def scene(self, name: str = "pendulum", org: str = "local") -> None:
        """Register the pendulum's scene under a name."""
        asyncio.run(self._scene(name, org))

    async def _scene(self, name: str, org: str) -> None:
        settings = self.connection.settings({"HANZO_TWIN_SECURITY_ORGANIZATION": org})
        digest = await S3Links(settings.storage, settings.storage.buckets.scenes).offer(
            org, SCENE.read_bytes()
        )
        async with await open_twins(settings, token=self.token(org=org)) as twins:
            await twins.register_scene(name, digest, SCENE.name, SCENE.stat().st_size)

    def until(self, what: Callable[[], T], wanted: Callable[[T], Any] = bool, seconds: float = 60) -> T:
        """A value, as soon as it is as wanted."""
        deadline = time.monotonic() + seconds
        while not wanted(value := what()):
            assert time.monotonic() < deadline, f"after {seconds} s it is {value!r}"
            time.sleep(0.05)
        return value

    def twin(self, name: str, **who: Any) -> dict[str, Any]:
        """A twin as the API shows it; empty when there is none."""
        answer = self.call("GET", f"/v1/twins/{name}", **who)
        return answer.json() if answer.status_code == 200 else {}

    def begin(self, name: str, rate_hz: float) -> None:
        """Create and start a twin that runs by itself; returns when it does."""
        yaml = {"Content-Type": "application/yaml"}
        made = self.call("POST", "/v1/twins", content=definition(name, rate_hz=rate_hz), headers=yaml)
        assert made.status_code == 201, made.text
        assert self.call("POST", f"/v1/twins/{name}/start").status_code == 200
        self.until(
            lambda: self.twin(name), lambda twin: twin["phase"] == "running" and twin["sim"]["tick"] > 0
        )

    @contextmanager
    def running(self, name: str, rate_hz: float) -> Iterator[str]:
        """A twin that runs by itself; deleted in the end."""
        self.begin(name, rate_hz)
        yield name
        self.call("DELETE", f"/v1/twins/{name}")

    def offsets(self, topic: str, partition: int) -> tuple[int, int]:
        """The first offset that a partition of a topic of the catalogue holds now, and the one behind its last."""
        consumer = Consumer({"bootstrap.servers": self.brokers, "group.id": "offsets"})
        try:
            low, high = consumer.get_watermark_offsets(
                TopicPartition(f"{PREFIX}.{topic}", partition), timeout=10
            )
            return low, high
        finally:
            consumer.close()

    def raw(self, topic: str) -> list[Message]:
        """Every record that a topic of the catalogue holds now, read by a stock consumer."""
        return scan(self.brokers, f"{PREFIX}.{topic}")

    def records(self, topic: str) -> list[tuple[Message, Any]]:
        """The same, decoded; tombstones as None."""
        return [(m, None if m.value() is None else codec.decode(m.value())) for m in self.raw(topic)]


def scan(brokers: str, topic: str) -> list[Message]:
    """Every record that a topic holds now."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "scan", "enable.auto.commit": False})
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        ends = {
            number: consumer.get_watermark_offsets(TopicPartition(topic, number)) for number in partitions
        }
        consumer.assign([TopicPartition(topic, number, low) for number, (low, _) in ends.items()])
        left = {number for number, (low, high) in ends.items() if low < high}
        found: list[Message] = []
        while left:
            for message in consumer.consume(1000, timeout=1.0):
                assert message.error() is None, message.error()
                found.append(message)
            places = consumer.position([TopicPartition(topic, number) for number in left])
            left = {place.partition for place in places if place.offset < ends[place.partition][1]}
        return [message for message in found if message.offset() < ends[message.partition()][1]]
    finally:
        consumer.close()
