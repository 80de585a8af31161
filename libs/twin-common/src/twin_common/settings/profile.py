"""What the security profile allows. Until identity and TLS are there, only `development` may start."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from twin_common.errors import SettingsError

if TYPE_CHECKING:
    from twin_common.settings.model import Settings


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host is None:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_profile(settings: Settings) -> None:
    """Refuse what the profile doesn't allow.

    Raises:
        SettingsError: another profile than `development`, or an endpoint in it that isn't on loopback.
    """
    profile = settings.security.profile
    if profile != "development":
        raise SettingsError(
            f"security.profile: {profile} needs TLS and verified tokens, which this version doesn't "
            "have yet, so it refuses to start. Set security.profile: development for one machine with "
            "everything on loopback."
        )
    for path, host in endpoints(settings):
        if not is_loopback(host):
            raise SettingsError(
                f"{path}: {host or 'no host'} isn't a loopback address, and security.profile: development "
                "sends everything in plain text. Use 127.0.0.1, ::1 or localhost."
            )


def endpoints(settings: Settings) -> list[tuple[str, str | None]]:
    """Every host that a service connects to or listens on, with the path of its setting."""
    return [
        ("server.host", settings.server.host),
        ("metrics.host", settings.metrics.host),
        *(("stream.brokers", _host(f"kafka://{broker}")) for broker in settings.stream.broker_list or ("",)),
        ("database.url", _database_host(settings.database.url.get_secret_value())),
        ("storage.endpoint", _host(settings.storage.endpoint)),
        ("mqtt.default_broker", _host(settings.mqtt.default_broker)),
    ]


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _database_host(url: str) -> str | None:
    """A PostgreSQL URL without a host, or with a folder as `host` parameter, means a socket on this
    machine.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    hosts = [
        value for key, _, value in (item.partition("=") for item in parts.query.split("&")) if key == "host"
    ]
    for host in hosts:
        if not host.startswith(("/", "%2F", "%2f")) and not is_loopback(host):
            return host
    return parts.hostname or "localhost"
