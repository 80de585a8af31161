"""Where readings come from and predictions go to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from twin_common.definition.base import Part, Rate
from twin_common.definition.targets import MappingTarget

_NAME = r"^[A-Za-z0-9_-]{1,63}$"


def check_filter(topic: str) -> str:
    """Accept an MQTT topic filter: `#` only as the last level, `+` only as a whole level.

    Raises:
        ValueError: it isn't one.
    """
    if not topic or len(topic.encode()) > 65_535 or "\0" in topic:
        raise ValueError("an MQTT topic has 1 to 65535 bytes and no NUL")
    levels = topic.split("/")
    for index, level in enumerate(levels):
        if ("#" in level and (level != "#" or index != len(levels) - 1)) or ("+" in level and level != "+"):
            raise ValueError(f"{topic!r}: # stands alone at the end, + stands alone in its level")
    return topic


def filters_overlap(first: str, second: str) -> bool:
    """Whether some topic matches both filters (either may be a plain topic)."""
    return _overlap(first.split("/"), second.split("/"))


def _overlap(first: list[str], second: list[str]) -> bool:
    for index in range(max(len(first), len(second)) + 1):
        left = first[index] if index < len(first) else None
        right = second[index] if index < len(second) else None
        if "#" in (left, right):  # '#' also matches the level above it
            return True
        if left is None or right is None:
            return left is right
        if left != right and "+" not in (left, right):
            return False
    return True


def _check_broker(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"{url!r} isn't a URL such as mqtt://host:1883") from None
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or port == 0:
        raise ValueError(f"{url!r} isn't a URL such as mqtt://host:1883")
    if parts.username or parts.password:
        raise ValueError(
            "credentials don't belong into a definition; set them in the service's configuration"
        )
    return url


class MqttSource(Part):
    """Sensors that publish over MQTT."""

    type: Literal["mqtt"]
    name: str | None = Field(
        default=None, pattern=_NAME, description="Name of the source; `mqtt-<position>` if unset."
    )
    broker: str = Field(description="mqtt://host:port")
    topic: str = Field(description="Topic filter to subscribe to; may have wildcards + and #.")
    qos: Literal[0, 1, 2] = Field(default=1, description="MQTT quality of service of the subscription.")
    id_field: str = Field(
        default="id",
        description="Dotted path of the sensor's id in a payload, for mapping keys that are ids.",
    )
    rate_hz: Rate | None = Field(default=None, description="How often it reports; measured if unset.")
    mapping: dict[str, MappingTarget] = Field(
        min_length=1,
        description="What each reading means. A key is the full topic, else what the filter's wildcards "
        "matched, else an id in the payload.",
    )

    @field_validator("broker")
    @classmethod
    def _broker(cls, value: str) -> str:
        return _check_broker(value)

    @field_validator("topic")
    @classmethod
    def _topic(cls, value: str) -> str:
        return check_filter(value)


class Ros2Source(Part):
    """ROS 2 topics, as the standard writes them."""

    type: Literal["ros2"]
    name: str | None = Field(
        default=None, pattern=_NAME, description="Name of the source; `ros2-<position>` if unset."
    )
    topics: dict[str, str] = Field(min_length=1, description="Topic: USD path.")


Source = Annotated[MqttSource | Ros2Source, Field(discriminator="type")]


class MqttPublish(Part):
    """Predictions sent to an MQTT topic."""

    type: Literal["mqtt"]
    broker: str | None = Field(
        default=None, description="mqtt://host:port; the first MQTT source's broker if unset."
    )
    topic: str = Field(description="Topic without wildcards; not one that the twin reads.")
    qos: Literal[0, 1, 2] = Field(default=0, description="MQTT quality of service.")

    @field_validator("broker")
    @classmethod
    def _broker(cls, value: str | None) -> str | None:
        return value if value is None else _check_broker(value)

    @field_validator("topic")
    @classmethod
    def _topic(cls, value: str) -> str:
        if "+" in value or "#" in value:
            raise ValueError(f"{value!r}: a topic to publish to has no wildcards")
        return check_filter(value)


class KafkaPublish(Part):
    """Predictions sent to the twin's own public Kafka topic."""

    type: Literal["kafka"]
    topic: str = Field(
        pattern=r"^[a-zA-Z0-9._-]{1,249}$",
        description="<prefix>.<name of the twin>, such as hanzo.twin.pendulum.",
    )


Publish = Annotated[MqttPublish | KafkaPublish, Field(discriminator="type")]


def mqtt_sources(sources: tuple[Any, ...]) -> Iterator[tuple[int, MqttSource]]:
    """The MQTT sources among them, with their positions."""
    for index, source in enumerate(sources):
        if isinstance(source, MqttSource):
            yield index, source
