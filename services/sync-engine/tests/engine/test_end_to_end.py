"""A reading in, a frame in the journal, a prediction out: over a real mosquitto."""

import json
import time
import uuid

from twin_schemas.records import Quality, SourcesAcquired, TwinGenesis

TWIN = str(uuid.UUID(int=7))


async def test_a_reading_over_mqtt_becomes_part_of_a_frame(any_world, device, until):
    async with any_world.engine():
        spec = await any_world.specify(any_world.definition(), twin=TWIN)
        await any_world.incarnate(spec)
        await until(lambda: any_world.frames(TWIN))
        at = time.time_ns()
        device.say("plant/pendulum/angle", {"value": 0.25, "t": at})

        async def found():
            return [r for frame in await any_world.frames(TWIN) for r in frame.readings]

        (reading,) = await until(found)
    assert (reading.channel, reading.values, reading.time_ns, reading.quality) == (
        0,
        [0.25],
        at,
        Quality.GOOD,
    )
    first, second, *_ = await any_world.effective(TWIN)
    assert isinstance(first, SourcesAcquired)
    assert isinstance(second, TwinGenesis)
    assert second.incarnation == 1


async def test_a_prediction_goes_to_mqtt_and_to_the_public_topic(any_world, device, until):
    async with any_world.engine():
        spec = await any_world.specify(any_world.definition(), twin=TWIN)
        await any_world.incarnate(spec)
        await until(lambda: any_world.frames(TWIN))
        prediction = await any_world.predict(TWIN)
        (public,) = await until(lambda: any_world.public("pendulum"))

        async def heard():
            return device.heard

        ((topic, payload),) = await until(heard)
    assert (public.incarnation, public.offset, public.tick) == (1, prediction.offset, prediction.tick)
    assert [(v.path, v.unit, v.values) for v in public.values] == [
        ("/World/Pendulum/hinge.position", "rad", [0.5]),
        ("/World/Pendulum/hinge.velocity", "rad/s", [0.0]),
    ]
    assert public.latency_ns > 0
    assert topic == "out/pendulum"
    assert json.loads(payload)["values"]["/World/Pendulum/hinge.position"] == 0.5
