"""The catalogue's topics on a bus."""

from twin_common.bus.topics import create_topics
from twin_schemas.catalogue import catalogue


async def test_every_topic_of_the_catalogue_is_created_once_with_its_configs(memory_bus):
    async with await memory_bus.admin() as admin:
        made = await create_topics(admin, catalogue(), "acme.twin")
        assert set(made) == {f"acme.twin.{name}" for name in catalogue()}
        assert await create_topics(admin, catalogue(), "acme.twin") == ()
        specs = (await admin.describe_topics(["acme.twin.twin.specs"]))["acme.twin.twin.specs"]
    assert specs.configs["cleanup.policy"] == "compact"
    assert specs.partitions == catalogue()["twin.specs"].partitions


async def test_kafka_accepts_every_topic_of_the_catalogue(kafka_bus, topic_prefix):
    async with await kafka_bus.admin() as admin:
        made = await create_topics(admin, catalogue(), topic_prefix, partitions=2)
        assert await create_topics(admin, catalogue(), topic_prefix, partitions=2) == ()
        found = await admin.describe_topics(made)
        for name, spec in catalogue().items():
            configs = found[f"{topic_prefix}.{name}"].configs
            assert {key: configs[key] for key in spec.config()} == spec.config()
        await admin.delete_topics(made)
