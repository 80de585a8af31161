from __future__ import annotations

from hanzo_twin.demo.example import arm, pendulum
from twin_common.definition import KafkaPublish, MqttPublish, MqttSource


def test_two_demos_share_neither_name_nor_topic() -> None:
    one, two = (pendulum({}, name) for name in ("demo-1", "demo-2"))
    assert one.topic != two.topic
    assert one.twin.definition.name != two.twin.definition.name


def test_the_plant_publishes_where_the_twin_listens() -> None:
    example = pendulum({"HANZO_TWIN_MQTT_DEFAULT_BROKER": "mqtt://127.0.0.1:4711"}, "demo-1")
    source = example.twin.definition.sync.sources[0]
    assert isinstance(source, MqttSource)
    assert example.broker == source.broker == "mqtt://127.0.0.1:4711"
    assert example.topic.startswith(source.topic.removesuffix("#"))
    assert example.topic.removeprefix(source.topic.removesuffix("#")) in source.mapping


def test_its_predictions_go_to_topics_of_its_own() -> None:
    mqtt, kafka = pendulum({}, "demo-1").twin.definition.sync.publish
    assert isinstance(mqtt, MqttPublish) and isinstance(kafka, KafkaPublish)
    assert "demo-1" in mqtt.topic
    assert kafka.topic == "hanzo.twin.demo-1"


def test_the_arm_takes_its_commands_on_a_topic_of_its_own_and_reads_as_the_api_takes_it() -> None:
    one, two = (arm({}, name) for name in ("demo-1", "demo-2"))
    assert one.commands != two.commands
    assert one.topic != two.topic
    assert one.given.name == "demo-1"
    assert one.given.content["name"] == "demo-1"
    assert one.given.scene is not None and one.given.scene.is_file()
