"""The audit log shows an organisation's own decisions, the newest first."""

import pytest

from twin_common.bus.memory import MemoryBus
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
