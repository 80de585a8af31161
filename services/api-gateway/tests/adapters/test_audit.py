"""A decision that can't be written down is counted: whoever reads the audit log has to know that one is missing."""

import pytest
from gateway_support.bed import opened
from gateway_support.moody import MoodyBus

from api_gateway.adapters.audit import BusAudit
from api_gateway.adapters.sending import Sender
from api_gateway.domain.caller import Caller
from twin_common import metrics_table as m
from twin_common.clock import SystemClock
from twin_common.errors import SendFailed
from twin_common.identity import Principal
from twin_common.metrics import Metrics

PREFIX = "hanzo.twin"
ANN = Caller(Principal("acme", "ann", "twin-admin"), "twins.create", None, "r", "POST", "/v1/twins")


@pytest.fixture
def metrics():
    return Metrics(process=False)


@pytest.fixture
def audit(memory_bus, metrics):
    """Nobody writes down what it is told, and no broker is there."""
    bus = MoodyBus(memory_bus)
    bus.away = True
    return BusAudit(Sender(bus, PREFIX, 0.1, lambda: None), SystemClock(), metrics)


def test_what_a_full_queue_has_no_room_for_is_counted(audit, metrics):
    for _ in range(10_003):
        audit.note(ANN, "arm")
    assert metrics.value(m.AUDIT_LOST, reason="full") == 3


async def test_what_is_not_written_when_the_process_ends_is_counted(audit, metrics):
    for _ in range(4):
        audit.note(ANN, "arm")
    await audit.drain(0.01)
    assert metrics.value(m.AUDIT_LOST, reason="stopping") == 4


async def test_what_the_brokers_did_not_take_in_the_end_is_counted(memory_bus, issuer):
    bus = ForgetfulBus(memory_bus)
    async with opened(memory_bus, issuer, gateway_bus=bus) as bed:
        denied = await bed.call("POST", "/v1/dead-letters/0-0/redrive", role="twin-viewer")
        assert denied.status_code == 403
        metrics = bed.app.state.parts.metrics
        await bed.until(lambda: metrics.value(m.AUDIT_LOST, reason="unwritten") == 1)


class ForgetfulBus:
    """Its producers lose what they are handed, and say so."""

    def __init__(self, bus):
        self._bus = bus

    async def producer(self, *, on_failure=None):
        made = await self._bus.producer(on_failure=on_failure)

        async def post(topic, **_):
            on_failure(SendFailed(f"{topic} didn't take a record in time"))

        made.post = post
        return made

    def __getattr__(self, name):
        return getattr(self._bus, name)
