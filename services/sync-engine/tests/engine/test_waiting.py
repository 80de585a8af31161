"""Predictions that wait for too long on their way to the public topic are looked up there, and published once."""

import uuid

TWIN = str(uuid.UUID(int=7))


class Outlet:
    """The physical side."""

    def __init__(self) -> None:
        self.heard = []

    def publish(self, payload: bytes) -> None:
        self.heard.append(payload)

    def close(self) -> None:
        """Nothing is open."""


async def test_what_was_not_sent_in_time_comes_again_once_and_in_order(kafka_world, until):
    world = kafka_world
    async with world.engine() as engine:
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec)
        await until(lambda: world.frames(TWIN))
        held = engine.partitions.twin(0, TWIN)
        said, asked, unbroken_since = [], [], engine.watch.unbroken_since

        async def published():
            return [p.offset for p in await world.public("pendulum")] == [p.offset for p in said]

        async def say():
            frames = len(await world.frames(TWIN))

            async def more():
                return len(await world.frames(TWIN)) > frames

            await until(more)
            said.append(await world.predict(TWIN))

        def late(since_ns: int) -> bool:
            asked.append(since_ns)
            return len(asked) > 1 and unbroken_since(since_ns)

        await say()
        await until(published)
        outlet = Outlet()
        held.outlets.append(outlet)
        engine.watch.unbroken_since = late
        for _ in range(3):
            await say()
        await until(published)
        assert len(asked) > 1
        assert engine.partitions.twin(0, TWIN) is held
        assert held.session.owned
        assert len(outlet.heard) == 3


async def test_who_was_out_of_contact_looks_before_it_publishes_and_tells_the_physical_side_at_once(
    kafka_world, until
):
    world = kafka_world
    async with world.engine() as engine:
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec)
        await until(lambda: world.frames(TWIN))
        held, outlet = engine.partitions.twin(0, TWIN), Outlet()
        held.outlets.append(outlet)
        in_contact, engine.watch.in_contact = engine.watch.in_contact, lambda: False
        said = await world.predict(TWIN)

        async def told():
            return outlet.heard

        await until(told)
        assert held.session.publication.held_back_ns
        assert await world.public("pendulum") == []
        engine.watch.in_contact = in_contact
        engine.watch._on_return(engine.watch.answered_ns)

        async def published():
            return [p.offset for p in await world.public("pendulum")] == [said.offset]

        await until(published)
        assert len(outlet.heard) == 1
        assert engine.partitions.twin(0, TWIN) is held
