"""Which MQTT brokers a definition may name."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from scene_manager.errors import Refused
from twin_common.definition import MqttPublish, TwinDefinition
from twin_common.definition.sources import mqtt_sources
from twin_common.settings.profile import is_loopback
from twin_common.yaml_lines import Document, Path, show_path


def check_brokers(definition: TwinDefinition, document: Document) -> None:
    """Accept a definition whose MQTT brokers are all on this machine.

    Args:
        definition: as read from `document`.
        document: for the line of what is refused.

    Raises:
        Refused: a source or a publication names another host.
    """
    for path, url in _brokers(definition):
        host = urlsplit(url).hostname
        if not is_loopback(host):
            field, line = show_path(path), document.line(path)
            raise Refused(
                "broker_not_loopback",
                f"{field}: {(host or '')[:80]!r} isn't a loopback address, and security.profile: development sends "
                "everything in plain text; name a broker on 127.0.0.1, ::1 or localhost",
                field=field,
                line=line,
            )


def _brokers(definition: TwinDefinition) -> Iterator[tuple[Path, str]]:
    """Every broker that the definition names, with its place."""
    for index, source in mqtt_sources(definition.sync.sources):
        yield ("sync", "sources", index, "broker"), source.broker
    for index, publish in enumerate(definition.sync.publish):
        if isinstance(publish, MqttPublish) and publish.broker is not None:
            yield ("sync", "publish", index, "broker"), publish.broker
