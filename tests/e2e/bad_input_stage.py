"""The whole platform with one good twin on it, and what it takes to feed it nonsense and see what happens."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from gmqtt import Client
from pydantic import SecretStr

from hanzo_twin.bus import Twins, open_twins
from hanzo_twin.stack import EmbeddedStack
from hanzo_twin.stack.services import usual
from twin_common.bus.api import Bus, Producer
from twin_common.bus.envelope import Envelope
from twin_common.bus.kafka import KafkaBus
from twin_common.bus.types import Headers, RecordPosition
from twin_common.identity.credentials import ClientCredentials
from twin_common.ids import uuid7
from twin_common.settings import Settings
from twin_schemas.codec import decode, encode
from twin_schemas.record import Record
from twin_schemas.records import TwinSpec

T = TypeVar("T", bound=Record)

EXAMPLE = Path(__file__).parents[2] / "examples" / "pendulum"
PROGRAM = str(Path(sys.executable).with_name("hanzo-twin"))
GOOD = "good"
INTRUDER = "intruder"
PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Said:
    """How a command of the command line ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The last line of the standard output."""
        return json.loads(self.out.splitlines()[-1])


@dataclass(frozen=True, slots=True)
class Stage:
    """The platform, its good twin, a folder for files, and a token for each of two organisations."""

    stack: EmbeddedStack
    settings: Settings
    bus: Bus
    twins: Twins
    producer: Producer
    device: Client
    folder: Path
    tokens: Mapping[str, str]

    async def cli(self, *arguments: str, **variables: str) -> Said:
        """Run `hanzo-twin` as a user of this stack would."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("HANZO_TWIN_")}
        process = await asyncio.create_subprocess_exec(
            PROGRAM,
            *arguments,
            env=own | self.stack.connection.environment() | variables,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return Said(process.returncode, out.decode(), err.decode())

    async def status(self, name: str) -> dict[str, Any]:
        """`hanzo-twin status NAME --json`."""
        said = await self.cli("status", name, "--json")
        assert said.code == 0, said.err
        shown: dict[str, Any] = said.json["twins"][0]
        return shown

    async def shown(self, name: str, wanted: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The status once it shows what is wanted."""
        deadline = time.monotonic() + PATIENCE_S
        while not wanted(status := await self.status(name)):
            assert time.monotonic() < deadline, f"the status never showed it: {status}"
        return status

    def write(self, name: str, definition: str, scene: str | bytes | None = None) -> Path:
        """A definition in a folder of its own, with the pendulum's scene or another beside it."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        content = (EXAMPLE / "scene.usda").read_bytes() if scene is None else scene
        (folder / "scene.usda").write_bytes(content.encode() if isinstance(content, str) else content)
        (folder / "twin.yaml").write_text(definition)
        return folder / "twin.yaml"

    async def run(self, file: Path) -> Said:
        """`hanzo-twin run FILE`, watched for no time."""
        return await self.cli("run", str(file), "--seconds", "0", "--json")

    async def started(self, name: str, definition: str) -> TwinSpec:
        """A twin that runs."""
        said = await self.run(self.write(name, definition))
        assert said.code == 0, said.err
        return await self.twins.find(name)

    def say(self, topic: str, payload: bytes | dict[str, Any] | float) -> None:
        """Publish over MQTT."""
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.device.publish(topic, data, qos=1)

    async def put(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: str = "somebody",
        partition: int | None = None,
        headers: Headers = (),
    ) -> RecordPosition:
        """Produce raw bytes."""
        name = self.twins.topics.name(topic)
        return await self.producer.send(
            name, value=value, key=key.encode(), partition=partition, headers=headers
        )

    def headers(self, kind: str, *, org: str | None = None, bearer: str | None = None) -> tuple[str, Headers]:
        """Correlation id and headers of a control record; its token is that of `bearer`, or of `org`."""
        org = org or self.settings.security.organization
        envelope = Envelope.new(type=kind, source="test", org=org, token=self.tokens[bearer or org])
        return envelope.correlation_id, envelope.headers()

    async def find(self, topic: str, wanted: Callable[[Record, dict[str, bytes]], Any]) -> Any:
        """The first record of a topic that is wanted, once there is one."""
        async with asyncio.timeout(PATIENCE_S), await self.bus.reader() as reader:
            await reader.assign(*await reader.partitions(self.twins.topics.name(topic)))
            async for read in reader.tail():
                if read.value is not None and wanted(record := decode(read.value), dict(read.headers)):
                    return record
        raise AssertionError("a stream that is followed has no end")

    async def all(self, topic: str, kind: type[T]) -> list[T]:
        """All records of one kind."""
        async with await self.bus.reader() as reader:
            await reader.assign(*await reader.partitions(self.twins.topics.name(topic)))
            found = [decode(read.value) async for read in reader.read_to_end() if read.value is not None]
        return [record for record in found if isinstance(record, kind)]

    async def order(
        self, spec: TwinSpec, command: Any, command_id: str | None = None, *, org: str | None = None
    ) -> str:
        """Send a command to a twin, whatever is in it; returns its id."""
        filled = replace(command, twin=spec.twin, command_id=command_id or uuid7())
        _, headers = self.headers(type(command).__name__, org=org)
        await self.put(
            "sim.commands", encode(filled), key=spec.twin, partition=spec.partition, headers=headers
        )
        return filled.command_id

    async def answer(self, correlation_id: str) -> Any:
        """What the control plane says to a command."""
        wanted = correlation_id.encode()
        return await self.find("control.events", lambda _, headers: headers["ce_correlationid"] == wanted)

    async def verdict(self, command_id: str) -> Any:
        """Whether a command to a running twin was applied or refused."""
        return await self.find(
            "control.events", lambda record, _: getattr(record, "command_id", None) == command_id
        )

    async def dead(self, position: RecordPosition) -> Any:
        """The dead letter of a record."""
        return await self.find(
            "dead.letter", lambda letter, _: (letter.topic, letter.partition, letter.offset) == position
        )

    async def counted(self, part: str, metric: str, *labels: str) -> None:
        """Wait until a metric counts something under these labels."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.measured(part, metric, *labels):
            assert time.monotonic() < deadline, f"{metric} with {labels} was never counted"
            await asyncio.sleep(0.1)

    def measured(self, part: str, metric: str, *labels: str) -> float:
        """Sum of a metric of a service over all its rows that have these labels."""
        with urllib.request.urlopen(self.stack.part(part).address, timeout=10) as answer:
            rows = answer.read().decode().splitlines()
        found = [row for row in rows if row.startswith(metric) and all(label in row for label in labels)]
        return sum(float(row.rpartition(" ")[2]) for row in found)


@asynccontextmanager
async def staged(folder: Path) -> AsyncIterator[Stage]:
    """Start everything, and a good twin with its plant; one worker, so that all twins share a process."""
    stack = EmbeddedStack(folder / "stack", services=dict.fromkeys(usual(), 1))
    device = Client("device")
    plant = None
    try:
        await asyncio.to_thread(stack.start)
        settings = stack.connection.settings({})
        broker = stack.connection.mqtt_url
        bus = KafkaBus(settings.stream)
        await device.connect(*_address(broker))
        async with await open_twins(settings) as twins, await bus.producer() as producer:
            tokens = {org: await token_for(stack, org) for org in (settings.security.organization, INTRUDER)}
            stage = Stage(stack, settings, bus, twins, producer, device, folder, tokens)
            topic = f"plant/{GOOD}/sensors/joint_states"
            plant = await asyncio.create_subprocess_exec(
                sys.executable, str(EXAMPLE / "plant.py"), "--broker", broker, "--topic", topic
            )
            await stage.started(GOOD, (EXAMPLE / "twin.yaml").read_text().replace("pendulum", GOOD))
            yield stage
    finally:
        if plant is not None and plant.returncode is None:
            plant.terminate()
            await plant.wait()
        device.stop_reconnect()
        await device.disconnect()
        await asyncio.to_thread(stack.stop)


async def token_for(stack: EmbeddedStack, org: str) -> str:
    """A token of an organisation's administrator."""
    connection = stack.connection
    url, name = f"{connection.issuer_url}/token", connection.developer_client_id
    return await ClientCredentials(
        url, name, SecretStr(connection.developer_client_secret), extra={"org": org}
    ).token()


def _address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("mqtt://").partition(":")
    return host, int(port)


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def mosquitto(port: int) -> AsyncIterator[None]:
    """An MQTT broker at a port."""
    program = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    assert program is not None
    process = await asyncio.create_subprocess_exec(
        program, "-p", str(port), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()
