"""The gateway as its own processes, on real brokers."""

import asyncio
import os
import socket
import subprocess
import sys

import httpx
import psutil
import pytest

from twin_common.bus.topics import create_topics
from twin_schemas.catalogue import catalogue


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Running:
    """A gateway's main process, its API and its metrics."""

    def __init__(self, process, api, metrics):
        self.process, self.api, self.metrics = process, api, metrics

    @property
    def children(self):
        return psutil.Process(self.process.pid).children()

    async def ready(self):
        async with asyncio.timeout(60):
            while (await self._status()) != 200:
                assert self.process.poll() is None, "the gateway ended"
                await asyncio.sleep(0.1)

    async def _status(self):
        try:
            return (await self.metrics.get("/ready")).status_code
        except httpx.TransportError:
            return None


@pytest.fixture
async def start(kafka, kafka_bus, topic_prefix, tmp_path):
    """Starts gateways with so many workers; ends what still runs."""
    async with await kafka_bus.admin() as admin:
        await create_topics(admin, catalogue(), topic_prefix)
    begun = []

    async def begin(workers, **more):
        ports = free_port(), free_port()
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HANZO_TWIN_")},
            "HANZO_TWIN_STREAM_BROKERS": kafka.brokers,
            "HANZO_TWIN_STREAM_TOPIC_PREFIX": topic_prefix,
            "HANZO_TWIN_SERVER_PORT": str(ports[0]),
            "HANZO_TWIN_METRICS_PORT": str(ports[1]),
            "HANZO_TWIN_SERVER_WORKERS": str(workers),
            **more,
        }
        process = subprocess.Popen([sys.executable, "-m", "api_gateway"], env=environ, cwd=tmp_path)  # noqa: ASYNC220 (it returns at once)
        clients = [httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") for port in ports]
        begun.append((process, clients))
        return Running(process, *clients)

    yield begin
    for process, clients in begun:
        for client in clients:
            await client.aclose()
        if process.poll() is None:
            for each in psutil.Process(process.pid).children():
                each.kill()
            process.kill()
        process.wait()
