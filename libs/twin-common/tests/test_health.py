"""Alive and ready, over HTTP."""

import aiohttp
import pytest

from twin_common import metrics_table as m
from twin_common.clock import ManualClock
from twin_common.health import Health, HealthServer
from twin_common.metrics import Metrics
from twin_common.settings.standard import Metrics as MetricsSettings


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def health(clock):
    return Health(clock, stalled_after_s=10)


@pytest.fixture
async def get(health):
    metrics = Metrics(process=False)
    metrics.set(m.OUTBOX_PENDING, 7)
    server = HealthServer(MetricsSettings(port=0), health, metrics)
    await server.start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session:

        async def get(path):
            async with session.get(path) as response:
                return response.status, await response.text()

        yield get
    await server.close()


async def test_a_process_is_ready_once_started_and_connected(health, get):
    assert (await get("/ready"))[0] == 503
    health.not_ready("kafka", "connecting")
    health.ready()
    status, body = await get("/ready")
    assert (status, "connecting" in body) == (503, True)
    health.ready("kafka")
    assert (await get("/ready"))[0] == 200


async def test_a_loop_without_progress_is_not_alive(health, clock, get):
    health.progress("fold")
    assert (await get("/alive"))[0] == 200
    await clock.advance(11)
    status, body = await get("/alive")
    assert (status, "fold" in body) == (503, True)
    health.progress("fold")
    assert (await get("/alive"))[0] == 200


async def test_a_loop_that_ended_on_purpose_is_not_missed(health, clock, get):
    health.progress("fold")
    health.finished("fold")
    await clock.advance(60)
    assert (await get("/alive"))[0] == 200


async def test_metrics_are_served_beside(get):
    status, body = await get("/metrics")
    assert (status, "hanzo_twin_outbox_pending 7.0" in body) == (200, True)


async def test_a_taken_port_is_named_with_its_setting(health):
    first = HealthServer(MetricsSettings(port=0), health, Metrics(process=False))
    await first.start()
    second = HealthServer(MetricsSettings(port=first.port), health, Metrics(process=False))
    with pytest.raises(OSError, match="HANZO_TWIN_METRICS_PORT"):
        await second.start()
    await first.close()
