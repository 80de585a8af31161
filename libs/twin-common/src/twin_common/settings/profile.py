"""What the security profile allows, checked before anything starts."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, urlsplit

from twin_common.errors import SettingsError

if TYPE_CHECKING:
    from twin_common.settings.model import Settings

_ENCRYPTED_DATABASE = ("require", "verify-ca", "verify-full")


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
        SettingsError: names every setting that the profile doesn't allow, and what it must be.
    """
    profile = settings.security.profile
    check = _development if profile == "development" else _production
    if problems := check(settings):
        why = (
            "sends everything in plain text, so all must be on this machine"
            if profile == "development"
            else "refuses to start without TLS everywhere and verified tokens"
        )
        raise SettingsError(
            f"security.profile: {profile} {why}:\n" + "\n".join(f"  {line}" for line in problems)
        )


def _development(settings: Settings) -> list[str]:
    return [
        f"{path}: {host or 'no host'} isn't a loopback address; use 127.0.0.1, ::1 or localhost"
        for path, host in endpoints(settings)
        if not is_loopback(host)
    ]


def endpoints(settings: Settings) -> list[tuple[str, str | None]]:
    """Every host that a service speaks to in plain text or listens on, with the path of its setting."""
    auth, telemetry = settings.auth, settings.telemetry
    issuer = {
        f"auth.{name}": url
        for name, url in (
            ("iam_url", auth.iam_url),
            ("jwks_url", auth.jwks_url),
            ("token_url", auth.token_url),
        )
        if name in auth.model_fields_set and url is not None
    }
    traces = {"telemetry.endpoint": telemetry.endpoint} if telemetry.exporter == "otlp" else {}
    registry = (
        {} if settings.stream.registry_url is None else {"stream.registry_url": settings.stream.registry_url}
    )
    return [
        ("server.host", settings.server.host),
        ("metrics.host", settings.metrics.host),
        *(("stream.brokers", _host(f"kafka://{broker}")) for broker in settings.stream.broker_list or ("",)),
        ("database.url", _database_host(settings.database.url.get_secret_value())),
        ("storage.endpoint", _host(settings.storage.endpoint)),
        ("mqtt.default_broker", _host(settings.mqtt.default_broker)),
        # These may be anywhere when they are asked through TLS: they are often somebody else's.
        *((path, _host(url)) for path, url in (issuer | traces | registry).items() if not _is(url, "https")),
    ]


def _production(settings: Settings) -> list[str]:
    server, stream, auth, mqtt = settings.server, settings.stream, settings.auth, settings.mqtt
    urls = {
        "storage.endpoint": settings.storage.endpoint,
        "auth.iam_url": auth.iam_url,
        "auth.jwks_url": auth.jwks_url,
        "auth.token_url": auth.token_url,
        "stream.registry_url": stream.registry_url,
    }
    rules = {
        "server.cert_file and server.key_file: set them, or server.behind_proxy: true where a proxy ends TLS": (
            server.cert_file is not None or server.behind_proxy
        ),
        "stream.security_protocol: must be SASL_SSL, or SSL with a client certificate": stream.encrypted,
        "stream.cert_file and stream.key_file: security_protocol SSL proves who asks by a client certificate": (
            stream.security_protocol != "SSL" or stream.cert_file is not None
        ),
        "database.url: must say sslmode=verify-full (or verify-ca, or require)": _encrypts(
            settings.database.url.get_secret_value()
        ),
        "mqtt.default_broker: must begin with mqtts://": _is(mqtt.default_broker, "mqtts"),
        "mqtt.cert_file and mqtt.key_file: MQTT connections need a client certificate": mqtt.cert_file
        is not None,
        "metrics.host: must be on this machine, or metrics.exposed: true where only the operator reaches the port": (
            not settings.metrics.enabled or settings.metrics.exposed or is_loopback(settings.metrics.host)
        ),
        "auth.verify_tokens: must not be false": auth.verify_tokens is not False,
        "telemetry.endpoint: must begin with https://, or be on this machine": (
            settings.telemetry.exporter != "otlp"
            or _is(settings.telemetry.endpoint, "https")
            or is_loopback(_host(settings.telemetry.endpoint))
        ),
    }
    plain = [
        f"{path}: must begin with https://" for path, url in urls.items() if url and not _is(url, "https")
    ]
    return [*(rule for rule, kept in rules.items() if not kept), *plain]


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _is(url: str, scheme: str) -> bool:
    parts = _split(url)
    return parts is not None and parts.scheme == scheme and bool(parts.hostname)


def _host(url: str) -> str | None:
    parts = _split(url)
    return None if parts is None else parts.hostname


def _encrypts(url: str) -> bool:
    """Whether a PostgreSQL URL insists on TLS, or means a socket on this machine."""
    parts = _split(url)
    if parts is None:
        return False
    options = dict(parse_qsl(parts.query))
    hosts = options.get("host") or parts.hostname or ""
    socket = not hosts or all(host.startswith("/") for host in hosts.split(","))
    return socket or options.get("sslmode") in _ENCRYPTED_DATABASE


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
