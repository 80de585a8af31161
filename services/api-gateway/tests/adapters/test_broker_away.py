"""Brokers that don't answer: nothing is half done, and everything goes on when they are back."""

from dataclasses import replace

from gateway_support.bed import opened
from gateway_support.moody import MoodyBus


async def health(bed):
    return (await bed.client.get("/alive")).status_code, (await bed.client.get("/ready")).status_code


async def test_without_brokers_it_lives_and_says_that_it_cannot_serve(memory_bus, issuer):
    bus = MoodyBus(memory_bus)
    async with opened(memory_bus, issuer, gateway_bus=bus, away=True) as bed:
        assert await health(bed) == (200, 503)
        for refused in (await bed.create("arm"), await bed.get("/v1/twins")):
            assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
            assert int(refused.headers["retry-after"]) > 0
        bus.away = False
        await bed.until(lambda: not bed.app.state.parts.health.waiting_for())
        assert await health(bed) == (200, 200)
        assert (await bed.create("arm")).status_code == 201


async def test_brokers_that_leave_are_noticed_and_missed_by_writers_only(memory_bus, issuer):
    bus = MoodyBus(memory_bus)
    async with opened(memory_bus, issuer, gateway_bus=bus) as bed:
        await bed.create("arm")
        bus.away = True
        refused = await bed.post("/v1/twins/arm/start")
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        await bed.until(lambda: not bed.app.state.engine.sender.connected)
        assert await health(bed) == (200, 503)
        assert (await bed.get("/v1/twins/arm")).status_code == 200
        assert "nothing was done" in (await bed.post("/v1/twins/arm/start")).json()["detail"]
        assert len(bed.owner.commands) == 1
        await elsewhere(bed, "leg")
        bus.away = False
        await bed.until(lambda: not bed.app.state.parts.health.waiting_for())
        assert (await bed.get("/v1/twins/leg")).status_code == 200
        assert (await bed.post("/v1/twins/arm/start")).json()["phase"] == "starting"


async def elsewhere(bed, name):
    """A twin that comes to be while the gateway hears nothing."""
    known = next(iter(bed.owner._specs.values()))
    other = replace(known, twin="0197a3d2-5c1e-7000-8a4b-3f2d1c0b9a88", name=name)
    await bed.owner.write("twin.specs", other.twin.encode(), other)
