"""Which MQTT brokers a definition may name."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from scene_manager.errors import Refused
from twin_common.definition import MqttPublish, TwinDefinition
from twin_common.definition.sources import mqtt_sources
from twin_common.settings.profile import is_loopback
from twin_common.yaml_lines import Document, Path, show_path


def check_brokers(definition: TwinDefinition, document: Document, *, encrypted: bool) -> None:
    """Accept a definition whose MQTT brokers the security profile allows.

    Args:
        definition: as read from `document`.
        document: for the line of what is refused.
        encrypted: brokers may be anywhere and are spoken to through TLS; otherwise all are on this machine.

    Raises:
        Refused: a source or a publication names another kind of broker.
    """
    for path, url in _brokers(definition):
        parts = urlsplit(url)
        field, host = show_path(path), repr((parts.hostname or "")[:80])
        if encrypted and parts.scheme != "mqtts":
            raise Refused(
                "broker_not_encrypted",
                f"{field}: {host} would be spoken to in plain text, and security.profile: production encrypts "
                "everything; name the broker as mqtts://",
                field=field,
                line=document.line(path),
            )
        if not encrypted and not is_loopback(parts.hostname):
            raise Refused(
                "broker_not_loopback",
                f"{field}: {host} isn't a loopback address, and security.profile: development sends everything in "
                "plain text; name a broker on 127.0.0.1, ::1 or localhost",
                field=field,
                line=document.line(path),
            )


def _brokers(definition: TwinDefinition) -> Iterator[tuple[Path, str]]:
    """Every broker that the definition names, with its place."""
    for index, source in mqtt_sources(definition.sync.sources):
        yield ("sync", "sources", index, "broker"), source.broker
    for index, publish in enumerate(definition.sync.publish):
        if isinstance(publish, MqttPublish) and publish.broker is not None:
            yield ("sync", "publish", index, "broker"), publish.broker
