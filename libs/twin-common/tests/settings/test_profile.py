"""The security profile."""

import pytest

from twin_common.errors import SettingsError
from twin_common.settings import load_settings
from twin_common.settings.profile import is_loopback


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("HANZO_TWIN_STREAM_BROKERS", "127.0.0.1:9092,kafka:9092", "stream.brokers"),
        ("HANZO_TWIN_STREAM_BROKERS", ",", "stream.brokers"),
        ("HANZO_TWIN_STORAGE_ENDPOINT", "http://minio:9000", "storage.endpoint"),
        ("HANZO_TWIN_STORAGE_ENDPOINT", "127.0.0.1:9000", "storage.endpoint"),
        ("HANZO_TWIN_DATABASE_URL", "postgresql://h:p@postgres/db", "database.url"),
        ("HANZO_TWIN_DATABASE_URL", "postgresql://h:p@/db?host=db.example.com", "database.url"),
        ("HANZO_TWIN_MQTT_DEFAULT_BROKER", "mqtt://10.0.0.1:1883", "mqtt.default_broker"),
        ("HANZO_TWIN_SERVER_HOST", "0.0.0.0", "server.host"),
        ("HANZO_TWIN_METRICS_HOST", "0.0.0.0", "metrics.host"),
    ],
)
def test_development_refuses_every_endpoint_off_loopback(name, value, path):
    with pytest.raises(SettingsError, match=path):
        load_settings(environ={name: value})


def test_any_other_profile_refuses_to_start():
    with pytest.raises(SettingsError, match="refuses to start"):
        load_settings(environ={"HANZO_TWIN_SECURITY_PROFILE": "production"})


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///db?host=/run/pg",
        "postgresql://u@/db",
        "postgresql://u@[::1]:5432/db",
        "postgresql://localhost/db",
    ],
)
def test_a_local_database_is_accepted_by_socket_or_loopback(url):
    assert load_settings(environ={"HANZO_TWIN_DATABASE_URL": url})


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("127.0.0.1.nip.io", False),
        ("::", False),
        (None, False),
        ("", False),
    ],
)
def test_what_is_loopback(host, expected):
    assert is_loopback(host) is expected
