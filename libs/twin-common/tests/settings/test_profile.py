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


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("HANZO_TWIN_AUTH_IAM_URL", "http://hanzo.id", "auth.iam_url"),
        ("HANZO_TWIN_AUTH_JWKS_URL", "http://hanzo.id/keys", "auth.jwks_url"),
        ("HANZO_TWIN_AUTH_TOKEN_URL", "ftp://127.0.0.1.nip.io/", "auth.token_url"),
        ("HANZO_TWIN_STREAM_REGISTRY_URL", "http://registry:8081", "stream.registry_url"),
    ],
)
def test_development_asks_others_through_tls_only(name, value, path):
    with pytest.raises(SettingsError, match=path):
        load_settings(environ={name: value})
    assert load_settings(environ={name: value.replace("http:", "https:").replace("ftp:", "https:")})
    assert load_settings(environ={name: "http://127.0.0.1:8081/"})


PRODUCTION = {
    "HANZO_TWIN_SECURITY_PROFILE": "production",
    "HANZO_TWIN_SERVER_HOST": "0.0.0.0",
    "HANZO_TWIN_SERVER_BEHIND_PROXY": "true",
    "HANZO_TWIN_STREAM_BROKERS": "kafka-1:9093,kafka-2:9093",
    "HANZO_TWIN_STREAM_SECURITY_PROTOCOL": "SASL_SSL",
    "HANZO_TWIN_STREAM_SASL_USERNAME": "twin",
    "HANZO_TWIN_STREAM_SASL_PASSWORD": "pw-kafka",
    "HANZO_TWIN_DATABASE_URL": "postgresql://hanzo:pw-db@postgres:5432/hanzo_twin?sslmode=verify-full",
    "HANZO_TWIN_STORAGE_ENDPOINT": "https://minio:9000",
    "HANZO_TWIN_AUTH_IAM_URL": "https://hanzo.id",
    "HANZO_TWIN_MQTT_DEFAULT_BROKER": "mqtts://mqtt:8883",
    "HANZO_TWIN_MQTT_CERT_FILE": "/etc/hanzo-twin/mqtt.crt",
    "HANZO_TWIN_MQTT_KEY_FILE": "/etc/hanzo-twin/mqtt.key",
}


def test_production_starts_with_tls_everywhere_and_verified_tokens():
    settings = load_settings(environ=PRODUCTION)
    assert settings.verifies_tokens
    assert "pw-kafka" not in repr(settings)


def test_production_names_everything_that_is_missing_in_one_error():
    with pytest.raises(SettingsError) as caught:
        load_settings(environ={"HANZO_TWIN_SECURITY_PROFILE": "production"})
    for path in (
        "server.cert_file",
        "stream.security_protocol",
        "database.url",
        "storage.endpoint",
        "mqtt.default_broker",
        "mqtt.cert_file",
    ):
        assert path in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"SERVER_BEHIND_PROXY": "false"}, "server.cert_file"),
        ({"STREAM_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}, "stream.security_protocol"),
        ({"STREAM_SECURITY_PROTOCOL": "SSL"}, "stream.cert_file"),
        ({"DATABASE_URL": "postgresql://h:pw-db@postgres/db"}, "database.url"),
        ({"DATABASE_URL": "postgresql://h:pw-db@postgres/db?sslmode=prefer"}, "database.url"),
        ({"DATABASE_URL": "postgresql://h:pw-db@/db?host=/run/pg,postgres"}, "database.url"),
        ({"STORAGE_ENDPOINT": "http://minio:9000"}, "storage.endpoint"),
        ({"AUTH_IAM_URL": "http://hanzo.id"}, "auth.iam_url"),
        ({"AUTH_JWKS_URL": "http://hanzo.id/keys"}, "auth.jwks_url"),
        ({"AUTH_VERIFY_TOKENS": "false"}, "auth.verify_tokens"),
        ({"METRICS_HOST": "0.0.0.0"}, "metrics.exposed"),
        ({"MQTT_DEFAULT_BROKER": "mqtt://mqtt:1883"}, "mqtt.default_broker"),
        ({"STREAM_REGISTRY_URL": "http://registry:8081"}, "stream.registry_url"),
        ({"TELEMETRY_EXPORTER": "otlp", "TELEMETRY_ENDPOINT": "http://otel:4318"}, "telemetry.endpoint"),
    ],
)
def test_production_refuses_each_thing_in_plain_text(changes, path):
    environ = PRODUCTION | {f"HANZO_TWIN_{name}": value for name, value in changes.items()}
    with pytest.raises(SettingsError) as caught:
        load_settings(environ=environ)
    assert path in str(caught.value)
    assert "pw-" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"STREAM_SECURITY_PROTOCOL": "SASL_SSL"}, "sasl_username"),
        ({"STREAM_CERT_FILE": "/a"}, "key_file"),
        ({"SERVER_KEY_FILE": "/a"}, "cert_file"),
        ({"MQTT_CERT_FILE": "/a"}, "key_file"),
        ({"AUTH_CLIENT_ID": "a"}, "client_secret"),
    ],
)
def test_what_goes_together_is_set_together(changes, words):
    with pytest.raises(SettingsError, match=words):
        load_settings(environ={f"HANZO_TWIN_{name}": value for name, value in changes.items()})


def test_production_serves_metrics_beyond_the_machine_when_told_to_or_none_at_all():
    metrics = {"HANZO_TWIN_METRICS_HOST": "0.0.0.0"}
    assert load_settings(environ=PRODUCTION | metrics | {"HANZO_TWIN_METRICS_EXPOSED": "true"})
    assert load_settings(environ=PRODUCTION | metrics | {"HANZO_TWIN_METRICS_ENABLED": "false"})


@pytest.mark.parametrize("text", ["*", "proxy.example.com", "10.0.0.1/8"])
def test_trusted_proxies_are_addresses_and_networks(text):
    with pytest.raises(SettingsError, match="trusted_proxies"):
        load_settings(environ={"HANZO_TWIN_SERVER_TRUSTED_PROXIES": text})


def test_production_verifies_tokens_even_when_no_issuer_is_named():
    environ = {name: value for name, value in PRODUCTION.items() if "IAM" not in name}
    assert load_settings(environ=environ).verifies_tokens


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
