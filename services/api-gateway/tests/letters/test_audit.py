"""The audit log shows an organisation's own decisions, the newest first."""

import asyncio

import pytest

from api_gateway.adapters import audit_trail
from api_gateway.errors import Problem
from twin_common.bus.memory import MemoryBus
from twin_common.bus.partition import partition_of
from twin_schemas.catalogue import topic
from twin_schemas.codec import encode
from twin_schemas.records import AuditRecord

AUDIT = topic("audit.log").physical()


async def note(bus: MemoryBus, org, *actions):
    async with await bus.producer() as producer:
        for number, action in enumerate(actions):
            record = AuditRecord(org, "ann", "twin-admin", action, "arm", True, f"r{number}", "test", number)
            await producer.send(AUDIT, key=org.encode(), value=encode(record))


async def test_decisions_are_shown_the_newest_first_and_page_by_page(gate):
    await note(gate.bus, "acme", *(f"twins.{n}" for n in range(5)))
    first = (await gate.get("/v1/audit?limit=3")).json()
    rest = (await gate.get(f"/v1/audit?limit=3&cursor={first['next_cursor']}")).json()
    shown = [item["action"] for item in first["items"] + rest["items"]]
    assert shown == [f"twins.{n}" for n in reversed(range(5))]
    assert rest["next_cursor"] is None


async def test_many_decisions_of_others_do_not_hide_ones_own(gate):
    await note(gate.bus, "acme", "twins.start")
    for org in ("rival", "other", "third", "local"):  # some of them share its partition
        await note(gate.bus, org, *["twins.stop"] * 2500)
    assert [item["action"] for item in (await gate.get("/v1/audit")).json()["items"]] == ["twins.start"]


async def test_a_decision_of_the_gateway_is_noted(gate):
    answer = await gate.call("POST", "/v1/dead-letters/0-0/redrive", role="twin-operator", actor="eve")
    body = await gate.until("/v1/audit", lambda body: body["items"])
    item = body["items"][0]
    assert (item["actor"], item["role"], item["action"]) == ("eve", "twin-operator", "dead_letters.redrive")
    assert (item["allowed"], item["code"], item["source"]) == (False, "forbidden", "api-gateway")
    assert item["request"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("role", "status"), [("twin-admin", 200), ("twin-operator", 403), ("twin-viewer", 403)]
)
async def test_only_administrators_read_it(gate, role, status):
    assert (await gate.get("/v1/audit", role=role)).status_code == status


async def test_ones_own_decisions_are_found_behind_any_number_of_others(gate, monkeypatch):
    monkeypatch.setattr(audit_trail, "_BLOCK", 10)
    monkeypatch.setattr(audit_trail, "_BLOCKS", 2)
    count = topic("audit.log").partitions
    beside = next(
        name
        for n in range(99)
        if partition_of((name := f"o{n}").encode(), count) == partition_of(b"acme", count)
    )
    await note(gate.bus, "acme", "twins.start")
    await note(gate.bus, beside, *["twins.stop"] * 50)
    page, actions = (await gate.get("/v1/audit")).json(), []
    assert page["items"] == []
    while page["next_cursor"] is not None:
        page = (await gate.get(f"/v1/audit?cursor={page['next_cursor']}")).json()
        actions += [item["action"] for item in page["items"]]
    assert actions == ["twins.start"]


async def test_only_so_many_read_it_at_once_and_the_others_are_told_in_time(monkeypatch):
    monkeypatch.setattr(audit_trail, "_READ_S", 0.2)
    opened = []

    class Slow(MemoryBus):
        async def reader(self):
            opened.append(self)
            await asyncio.Event().wait()

    trail = audit_trail.BusTrail(Slow(), "hanzo.twin")
    asked = (trail.newest("acme", None, 1) for _ in range(20))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert len(opened) <= audit_trail._READERS
    assert {answer.code for answer in answers if isinstance(answer, Problem)} == {"unavailable"}
