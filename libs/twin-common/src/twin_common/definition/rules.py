"""Rules that span several parts of a definition, each naming the place it objects to."""

from __future__ import annotations

from collections.abc import Iterator

from twin_common.definition.model import TwinDefinition
from twin_common.definition.sources import KafkaPublish, MqttPublish, filters_overlap, mqtt_sources
from twin_common.yaml_lines import Path

Problem = tuple[Path, str]


def problems(twin: TwinDefinition) -> Iterator[Problem]:
    """Everything wrong with a definition whose parts are each right."""
    yield from _unsupported(twin)
    yield from _publishing(twin)


def _unsupported(twin: TwinDefinition) -> Iterator[Problem]:
    if twin.scene.composition:
        yield (
            ("scene", "composition"),
            "composition is not supported yet; reference one composed USD file in scene.uri",
        )
    if twin.sync.mode in ("batch", "replay"):
        yield ("sync", "mode"), f"mode {twin.sync.mode} is not supported yet; choose realtime or standalone"
    for index, source in enumerate(twin.sync.sources):
        if source.type != "mqtt":
            yield ("sync", "sources", index, "type"), f"type {source.type} is not supported yet; choose mqtt"


def _publishing(twin: TwinDefinition) -> Iterator[Problem]:
    sources = list(mqtt_sources(twin.sync.sources))
    for index, publish in enumerate(twin.sync.publish):
        here: Path = ("sync", "publish", index)
        if isinstance(publish, KafkaPublish):
            if publish.topic.rpartition(".")[2] != twin.name:
                yield (*here, "topic"), f"a twin publishes to its own topic only, <prefix>.{twin.name}"
            continue
        if not isinstance(publish, MqttPublish):
            continue
        if publish.broker is None and not sources:
            yield (*here,), "broker is needed when the twin has no MQTT source to take it from"
        for at, source in sources:
            if filters_overlap(publish.topic, source.topic):
                message = (
                    f"{publish.topic!r} is read by sources[{at}] ({source.topic}): the twin would read "
                    "its own predictions; publish elsewhere or narrow the source's topic"
                )
                yield (*here, "topic"), message
