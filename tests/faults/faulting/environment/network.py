"""Puts the proxy between the services and what they use, and lets it fail."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit, urlunsplit

from faulting.archive import QUICK, Archive
from faulting.surroundings import SERVICES, WITH_ARCHIVIST, Built, Surroundings, running
from hanzo_twin.stack import Connection, EmbeddedStack
from hanzo_twin.stack.parts.kafka import Cluster, port_name
from hanzo_twin.stack.services import instances

PROXY = Path(__file__).with_name("proxy.py")
PROCESSES = tuple(name for _, name in instances(SERVICES))
"""Those that may be cut off alone."""
_EVERYBODY = tuple(name for _, name in instances(WITH_ARCHIVIST))
PARTS = ("kafka", "postgres", "seaweedfs", "mosquitto")
_ANSWER_S = 10.0
_END_S = 5.0


class Network:
    """The controls of a proxy. A link is called `<part>/<process>`, or `<part>` where all share it."""

    def __init__(self, process: asyncio.subprocess.Process, ports: Mapping[str, int]) -> None:
        self._process = process
        self._ports = ports

    def of(self, part: str, process: str | None = None) -> list[str]:
        """The links to a part, of all processes or of one."""
        links = [name for name in self._ports if name.partition("/")[0] == part]
        return links if process is None else [name for name in links if name.endswith(f"/{process}")]

    def address(self, link: str) -> str:
        """Where a link begins, as `host:port`."""
        return f"127.0.0.1:{self._ports[link]}"

    async def aim(self, links: Iterable[str], host: str, port: int) -> None:
        """Say where links lead."""
        await self._tell(links=list(links), to=[host, port])

    async def fail(self, links: Iterable[str], mode: str, *, delay_s: float = 0.0, seed: int = 0) -> None:
        """Let links fail in a way of the proxy's until `heal`."""
        await self._tell(links=list(links), mode=mode, delay_s=delay_s, seed=seed)

    async def heal(self) -> dict[str, int]:
        """Let everything through; returns how many messages each link has doubled or held back."""
        return await self._tell(links=list(self._ports), mode="pass")

    async def _tell(self, **command: Any) -> dict[str, int]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(command)}\n".encode())
        await self._process.stdin.drain()
        return await _answer(self._process)


async def _answer(process: asyncio.subprocess.Process) -> dict[str, int]:
    assert process.stdout is not None
    async with asyncio.timeout(_ANSWER_S):
        line = await process.stdout.readline()
    if not line:
        raise RuntimeError("the proxy has ended; what it said is on this program's standard error")
    return cast("dict[str, int]", json.loads(line))


@asynccontextmanager
async def proxy(links: Iterable[str]) -> AsyncIterator[Network]:
    """Run a proxy as long as the context lasts; it ends with this process, too."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROXY), *links, stdin=pipe, stdout=pipe
    )
    try:
        yield Network(process, await _answer(process))
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _END_S)
        except TimeoutError:
            process.kill()
            await process.wait()


def links(brokers: int) -> tuple[str, ...]:
    """A link for each process to each part; sync engines share the one that twins name as their source."""
    nodes = Cluster(brokers).names
    return (
        *(f"{part}/{name}" for part in (*nodes, "postgres", "seaweedfs") for name in _EVERYBODY),
        "mosquitto",
    )


@asynccontextmanager
async def behind_proxy(
    home: Path, variables: Mapping[str, str], brokers: Literal[1, 3] = 1
) -> AsyncIterator[Built]:
    """A platform whose services reach every part through the proxy, each process on links of its own."""
    nodes = Cluster(brokers).names
    async with proxy(links(brokers)) as network:
        listeners = {
            _listener(name): tuple(network.address(f"{node}/{name}") for node in nodes) for name in _EVERYBODY
        }
        stack = EmbeddedStack(home, variables={**QUICK, **variables}, brokers=brokers, listeners=listeners)
        async with running(stack):
            there = stack.connection
            await _aim(network, stack, nodes)
            own = {name: _variables(network, there, nodes, name) for name in _EVERYBODY}
            await asyncio.to_thread(stack.scale, WITH_ARCHIVIST, variables_of=own)
            sources = f"mqtt://{network.address('mosquitto')}"
            tools = {Network: network, Archive: Archive.of(there)}
            yield Built(stack, there, there.mqtt_url, tools, sources)


def _listener(process: str) -> str:
    return process.replace("-", "_")


async def _aim(network: Network, stack: EmbeddedStack, nodes: Iterable[str]) -> None:
    for node in nodes:
        ports = stack.part(node).ports
        for name in _EVERYBODY:
            await network.aim([f"{node}/{name}"], "127.0.0.1", ports[port_name(node, _listener(name))])
    there = stack.connection
    for part, url in (
        ("postgres", there.database_url),
        ("seaweedfs", there.storage_endpoint),
        ("mosquitto", there.mqtt_url),
    ):
        at = urlsplit(url)
        assert at.hostname is not None and at.port is not None
        await network.aim(network.of(part), at.hostname, at.port)


def _variables(network: Network, there: Connection, nodes: Iterable[str], name: str) -> dict[str, str]:
    """What makes a process use its links."""
    database = urlsplit(there.database_url)
    user = database.netloc.rpartition("@")[0]
    through = database._replace(netloc=f"{user}@{network.address(f'postgres/{name}')}")
    return {
        "HANZO_TWIN_STREAM_BROKERS": ",".join(network.address(f"{node}/{name}") for node in nodes),
        "HANZO_TWIN_DATABASE_URL": urlunsplit(through),
        "HANZO_TWIN_STORAGE_ENDPOINT": f"http://{network.address(f'seaweedfs/{name}')}",
        "HANZO_TWIN_MQTT_DEFAULT_BROKER": f"mqtt://{network.address('mosquitto')}",
    }


PROXIED = Surroundings("proxied", behind_proxy)
"""One of each part, and a proxy between it and the services."""
