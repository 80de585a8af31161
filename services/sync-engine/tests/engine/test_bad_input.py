"""Whatever a source sends is counted by reason, visible in the status, and disturbs nobody."""

import asyncio
import time
import uuid

import pytest

from twin_schemas import codec
from twin_schemas.records import Quality, SourceClock

TWIN = str(uuid.UUID(int=7))
OTHER = str(uuid.UUID(int=9))
HINGE = "/World/Pendulum/hinge"
HOUR_NS = 3600 * 10**9


@pytest.fixture
async def running(world, until):
    async with world.engine() as engine:
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec)
        await until(lambda: world.frames(TWIN))
        yield engine


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("angle", b"\x00\xff not JSON", "non_json"),
        ("angle", b'{"value": NaN, "t": 1}', "not_finite"),
        ("angle", b'{"value": 1e999, "t": 1}', "not_finite"),
        ("angle", b'{"value": "up", "t": 1}', "wrong_shape"),
        ("angle", b'{"t": 1}', "missing_field"),
        ("angle", b'{"value": 1}', "bad_time"),
        ("nowhere", b"1", "unmapped"),
        ("angle", b"1" * 10_000_000, "oversize"),
        ("joints", b'{"name": ["hinge"], "position": [1, 2], "time_ns": 5}', "wrong_shape"),
    ],
)
async def test_a_bad_payload_is_refused_by_reason_and_shown(
    world, running, device, until, topic, payload, reason
):
    device.say(f"plant/pendulum/{topic}", payload)

    async def shown():
        status = await world.status(TWIN)
        return status.counts.get(f"refused.{reason}") and status

    status = await until(shown)
    assert status.counts["refused"] == 1
    assert topic in status.errors[reason]
    device.say("plant/pendulum/plain", 0.5)

    async def went_on():
        return [r for frame in await world.frames(TWIN) for r in frame.readings]

    (reading,) = await until(went_on)
    assert reading.values == [0.5]


async def test_readings_an_hour_off_are_corrected_and_said_so(world, running, device, until):
    for index in range(30):
        device.say("plant/pendulum/angle", {"value": index, "t": time.time_ns() - HOUR_NS})
        await asyncio.sleep(0.02)

    async def recorded():
        return [r for r in await world.effective(TWIN) if isinstance(r, SourceClock)]

    records = await until(recorded)  # several where a later reading came quicker than the first
    readings = [r for frame in await world.frames(TWIN) for r in frame.readings]
    assert {record.source for record in records} == {"sensors"}
    assert all(abs(record.offset_ns + HOUR_NS) < 10**9 for record in records)
    assert {r.quality for r in readings} == {Quality.CLOCK_CORRECTED}
    assert all(abs(r.time_ns - time.time_ns()) < 60 * 10**9 for r in readings)
    status = await until(lambda: world.status(TWIN))
    assert status is not None


async def test_a_twin_whose_definition_cannot_be_used_disturbs_no_other(world, until):
    async with world.engine():
        broken = await world.specify(world.definition("broken"), twin=OTHER)
        broken.definition = '{"name": 5}'
        await world.producer.send(
            f"{world.prefix}.twin.specs", key=OTHER.encode(), value=codec.encode(broken)
        )
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec)
        await until(lambda: world.frames(TWIN))


async def test_a_journal_record_of_an_unknown_schema_is_named_and_stepped_over(world, until):
    await world.producer.send(
        f"{world.prefix}.sim.journal", key=TWIN.encode(), value=b"\0\0\x0f\xff\xffrest", partition=0
    )
    async with world.engine():
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec)

        async def named():
            status = await world.status(TWIN)
            return status is not None and "journal" in status.errors

        await until(named)
        await until(lambda: world.frames_of_readable(TWIN))


async def test_a_broker_that_is_not_there_is_named_and_found_when_it_comes(world, mosquitto, until):
    mosquitto.stop()
    async with world.engine():
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec)

        async def named():
            status = await world.status(TWIN)
            return status and status.sources[0].error and status

        status = await until(named)
        assert mosquitto.url in status.sources[0].error
        mosquitto.start()

        async def connected():
            return (await world.status(TWIN)).sources[0].connected

        await until(connected)


async def test_a_restarted_broker_is_counted_as_a_lost_link_found_and_subscribed_again(
    world, running, mosquitto, device_factory, until
):
    mosquitto.stop()
    mosquitto.start()

    async def connected_again():
        status = await world.status(TWIN)
        return status and status.sources[0].connected and status.counts.get("link_lost") and status

    status = await until(connected_again)
    assert status.counts["link_lost"] == 1
    assert "until the link is back is lost" in status.errors["link_lost"]
    device = await device_factory()

    async def heard():
        device.say("plant/pendulum/plain", 0.5)
        return [r for frame in await world.frames(TWIN) for r in frame.readings]

    await until(heard)


async def test_more_messages_than_the_buffer_holds_are_dropped_and_counted(world, device, until):
    async with world.engine():
        spec = await world.specify(world.definition(rate_hz=1, buffer_size=10), twin=TWIN)
        await world.incarnate(spec)
        await until(lambda: world.frames(TWIN))
        for index in range(100):
            device.say("plant/pendulum/plain", index)

        async def counted():
            status = await world.status(TWIN)
            return status and status.counts.get("dropped") and status

        status = await until(counted)
    assert status.counts["readings"] == 100
    assert status.counts["dropped"] >= 80
    assert "sensors" in status.errors["dropped"]
