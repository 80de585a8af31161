"""The read model: what compacted topics say, whatever order and trouble they come in."""

import asyncio
from dataclasses import replace

import pytest

from api_gateway.adapters.read_model import BusReadModel
from api_gateway.domain.entries import TwinFilter
from twin_common import metrics_table as m
from twin_common.clock import SystemClock
from twin_schemas import examples
from twin_schemas.records import ControlStatus, Latency, Phase, SimPhase, SimStatus

ANY = TwinFilter()
SPEC = examples.load("TwinSpec")["full"]
FOLLOWING = examples.load("SyncStatus")["full"]


def status(twin, revision=1, phase=Phase.CREATED):
    return ControlStatus(twin["id"], "acme", twin["name"], revision, phase, at_ns=1)


async def test_a_record_that_cant_be_read_is_counted_and_skipped(bed):
    twin = (await bed.create("arm")).json()
    sim, sync = (f"{twin['id']}/{part}".encode() for part in ("sim", "sync"))
    for topic, key, value in (
        ("twin.specs", b"x", b"not avro"),
        ("twin.specs", b"x", status(twin)),
        ("twin.status", twin["id"].encode(), b"\x00\x00\x00\xff\xff"),
        ("scene.versions", b"x/seven", b"\x01"),
        ("scene.versions", b"x/" + b"9" * 5000, None),
        ("twin.specs", b"x", replace(SPEC, definition="{")),
        ("twin.specs", b"x", replace(SPEC, definition="[]")),
        ("twin.specs", b"x", replace(SPEC, pending_definition="{,}")),
        ("twin.specs", b"x", replace(SPEC, pending_definition="")),
        ("twin.status", sim, replace(examples.load("SimStatus")["full"], lag_ms=float("nan"))),
        ("twin.status", sync, replace(FOLLOWING, latency=Latency(1, 1.0, float("inf"), 1.0))),
    ):
        await bed.owner.write(topic, key, value)
    await bed.until(lambda: bed.model.skipped == 11)
    counted = {
        name: bed.app.state.parts.metrics.value(m.API_MODEL_SKIPPED, topic=name)
        for name in ("twin.specs", "twin.status", "scene.versions")
    }
    assert counted == {"twin.specs": 6, "twin.status": 3, "scene.versions": 2}
    assert (await bed.get("/v1/twins/arm")).json() == twin


async def test_a_status_shows_at_once_and_its_tombstone_takes_it_away(bed):
    twin = (await bed.create("arm")).json()
    sim = SimStatus(
        twin=twin["id"],
        org="acme",
        name="arm",
        revision=1,
        worker="w1",
        incarnation=1,
        phase=SimPhase.RUNNING,
        conditions=[],
        offset=7,
        tick=5,
        lag_ms=1.5,
        checkpoint_offset=3,
        counts={"steps": 9},
        warnings=[],
        at_ns=10**18,
    )
    key = f"{twin['id']}/sim".encode()
    await bed.owner.write("twin.status", key, sim)
    await bed.until(lambda: bed.model.twin("acme", "arm").sim is not None)
    shown = (await bed.get("/v1/twins/arm")).json()
    assert (shown["sim"]["worker"], shown["sim"]["tick"], shown["sim"]["counts"]) == ("w1", 5, {"steps": 9})
    await bed.owner.write("twin.status", key, None)
    await bed.until(lambda: bed.model.twin("acme", "arm").sim is None)
    assert (await bed.get("/v1/twins/arm")).json() == twin


async def test_a_status_that_comes_before_its_spec_is_kept(bed):
    early = {"id": "0197a3d2-5c1e-7000-8a4b-3f2d1c0b9a88", "name": "arm"}
    await bed.owner.write("twin.status", f"{early['id']}/control".encode(), status(early, 1, Phase.STARTING))
    created = (await bed.create("leg")).json()
    spec = bed.model.twin_by_id(created["id"]).spec
    spec.twin, spec.name = early["id"], "arm"
    await bed.owner.write("twin.specs", early["id"].encode(), spec)
    await bed.until(lambda: bed.model.twin("acme", "arm") is not None)
    assert bed.model.twin("acme", "arm").phase is Phase.STARTING


async def test_a_new_process_knows_what_was_written_before_it(kafka_bed):
    bed = kafka_bed
    for name in "abc":
        await bed.create(name)
    await bed.call("DELETE", "/v1/twins/b")
    model = BusReadModel(bed.bus, bed.owner._prefix, SystemClock(), 1.0)
    running = asyncio.ensure_future(model.run())
    try:
        async with asyncio.timeout(30):
            await model.follower.caught_up.wait()
        found = [entry.name for entry in model.twins("acme", ANY, None, 10)]
        assert found == ["a", "c"]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_the_life_of_a_twin_on_real_brokers(kafka_bed):
    bed = kafka_bed
    assert (await bed.client.get("/ready")).status_code == 200
    created = await bed.create("arm", headers={"idempotency-key": "k"})
    assert (created.status_code, (await bed.create("arm", headers={"idempotency-key": "k"})).json()) == (
        201,
        created.json(),
    )
    assert (await bed.post("/v1/twins/arm/start")).json()["phase"] == "starting"
    assert (await bed.get("/v1/twins/arm")).json()["revision"] == 2
    command = bed.owner.commands[0][0].id
    bed.app.state.engine.ledger.forget()
    assert (await bed.get(f"/v1/commands/{command}")).json()["status"] == "accepted"
    assert (await bed.call("DELETE", "/v1/twins/arm")).status_code == 204


async def test_what_is_missing_is_looked_for_once_more(bed):
    follower = bed.model.follower
    held, follower._apply = [], lambda record: held.append(record)
    created = asyncio.ensure_future(bed.create("arm"))
    await bed.until(lambda: len(held) == 2)
    settled = asyncio.Event()

    async def settle():
        for record in held:
            bed.model.apply(record)
        settled.set()

    bed.model.settle = settle
    found = await bed.get("/v1/twins/arm")
    assert (found.status_code, settled.is_set()) == (200, True)
    assert (await created).status_code == 201


@pytest.mark.parametrize(("header", "revision"), [({"x-read-latest": "true"}, 2), ({}, 1)])
async def test_what_another_process_has_changed_is_waited_for_when_the_caller_asks(bed, header, revision):
    twin = (await bed.create("arm")).json()
    held, bed.model.follower._apply = [], lambda record: held.append(record)
    started = asyncio.ensure_future(bed.post("/v1/twins/arm/start"))
    await bed.until(lambda: len(held) == 2)

    async def settle():
        for record in held:
            bed.model.apply(record)

    bed.model.settle = settle
    assert twin["revision"] == 1
    assert (await bed.get("/v1/twins/arm", headers=header)).json()["revision"] == revision
    await settle()
    assert (await started).status_code == 200


async def test_settling_waits_for_what_was_written_before(kafka_bed):
    bed = kafka_bed
    twin = (await bed.create("arm")).json()
    for number in range(20):
        await bed.owner.write(
            "twin.status", f"{twin['id']}/control".encode(), status(twin, number, Phase.STARTING)
        )
        await asyncio.gather(*(bed.model.settle() for _ in range(3)))
        assert bed.model.twin("acme", "arm").control.revision == number


async def test_a_twin_is_gone_once_its_name_is_free(bed):
    twin = (await bed.create("arm")).json()
    await bed.until(lambda: bed.model.twin("acme", "arm").control is not None)
    await bed.owner.write("twin.specs", twin["id"].encode(), None)
    await bed.until(lambda: bed.model.twin("acme", "arm") is None)
    gone = asyncio.ensure_future(bed.model.twin_gone(twin["id"]))
    await bed.model.settle()
    assert not gone.done()
    await bed.owner.write("twin.status", f"{twin['id']}/control".encode(), None)
    assert await gone


async def test_a_status_in_the_name_of_another_organization_is_not_shown(bed):
    twin = (await bed.create("arm")).json()
    before = (await bed.get("/v1/twins/arm")).json()
    await bed.owner.write(
        "twin.status", f"{twin['id']}/control".encode(), replace(status(twin, 9), org="rival")
    )
    await bed.model.settle()
    assert (await bed.get("/v1/twins/arm")).json() == before
    await bed.owner.write("twin.status", f"{twin['id']}/control".encode(), status(twin, 9, Phase.FAILED))
    await bed.until(lambda: bed.model.twin("acme", "arm").control.phase == Phase.FAILED)
