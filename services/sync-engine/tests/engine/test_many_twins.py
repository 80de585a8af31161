"""More twins on one broker than it takes subscriptions at a time."""

import uuid

COUNT = 45


async def test_every_twin_hears_its_own_sensor_and_publishes_with_qos_1(world, device, until):
    twins = {str(uuid.UUID(int=1000 + number)): f"arm-{number}" for number in range(COUNT)}
    async with world.engine():
        for twin, name in twins.items():
            publish = [{"type": "mqtt", "topic": f"out/{name}", "qos": 1}]
            await world.incarnate(await world.specify(world.definition(name, publish=publish), twin=twin))

        async def all_running():
            return {
                key for _, key, record in await world.read("sim.journal") if hasattr(record, "readings")
            } == set(twins)

        await until(all_running)
        for number, name in enumerate(twins.values()):
            device.say(f"plant/{name}/plain", float(number))

        async def all_heard():
            found = {
                key: reading.values[0]
                for _, key, record in await world.read("sim.journal")
                for reading in getattr(record, "readings", ())
            }
            return found == {twin: float(number) for number, twin in enumerate(twins)}

        await until(all_heard)
        for twin in twins:
            await world.predict(twin)

        async def all_published():
            return {topic for topic, _ in device.heard} == {f"out/{name}" for name in twins.values()}

        await until(all_published)
