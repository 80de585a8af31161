"""Settings from file and environment."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin_common.errors import SettingsError
from twin_common.settings import Settings, load_settings
from twin_common.settings.keys import leaves, variable

STANDARD = """
server: {host: 127.0.0.1, port: 8082, workers: 4}
database:
  url: "postgresql://hanzo:password@localhost:5432/hanzo_twin"
storage:
  endpoint: "http://127.0.0.1:9000"
  access_key: "${HANZO_STORAGE_ACCESS_KEY}"
  secret_key: "${HANZO_STORAGE_SECRET_KEY}"
  buckets: {scenes: hanzo-twin-scenes, datasets: hanzo-twin-datasets, checkpoints: hanzo-twin-checkpoints}
stream: {brokers: "127.0.0.1:9092", topic_prefix: "hanzo.twin"}
auth: {iam_url: "https://hanzo.id", verify_tokens: true}
engines:
  mujoco: {enabled: true, binary: /usr/local/bin/mujoco, max_instances: 32}
  pybullet: {enabled: true, max_instances: 64}
  omniverse: {enabled: false, nucleus_url: "omniverse://nucleus.hanzo.svc", gpu_ids: [0, 1]}
  gazebo: {enabled: true, ros_distro: humble, max_instances: 8}
scheduler: {namespace: hanzo-twin, gpu_types: [nvidia-a100-80gb, nvidia-h100-80gb], max_concurrent_jobs: 16}
metrics: {enabled: true, port: 9090, path: /metrics}
logging: {level: info, format: json}
"""
KEYS = {"HANZO_STORAGE_ACCESS_KEY": "ak", "HANZO_STORAGE_SECRET_KEY": "sk"}


@pytest.fixture
def load(tmp_path):
    def load(text, **environ):
        file = tmp_path / "config.yaml"
        file.write_text(text)
        return load_settings(file, {**KEYS, **environ})

    return load


def refused(load, text, **environ):
    with pytest.raises(SettingsError) as caught:
        load(text, **environ)
    return str(caught.value)


def test_the_standards_file_is_read_with_its_references(load):
    settings = load(STANDARD)
    assert settings.storage.access_key.get_secret_value() == "ak"
    assert settings.engines.omniverse.gpu_ids == (0, 1)
    assert settings.scheduler.gpu_types[1] == "nvidia-h100-80gb"


def test_variables_win_over_the_file_and_reach_nested_keys(load):
    settings = load(
        STANDARD,
        HANZO_TWIN_STREAM_BROKERS="localhost:1,localhost:2",
        HANZO_TWIN_STORAGE_BUCKETS_SCENES="mine",
        HANZO_TWIN_ENGINES_MUJOCO_MAX_INSTANCES="3",
        HANZO_TWIN_ENGINES_OMNIVERSE_GPU_IDS="[4, 5]",
        HANZO_TWIN_METRICS_ENABLED="false",
        HANZO_TWIN_SIM_WORKER_SESSION_TIMEOUT_MS="3000",
    )
    assert settings.stream.broker_list == ("localhost:1", "localhost:2")
    assert settings.storage.buckets.scenes == "mine"
    assert settings.engines.mujoco.max_instances == 3
    assert settings.engines.omniverse.gpu_ids == (4, 5)
    assert settings.metrics.enabled is False
    assert settings.sim_worker.session_timeout_ms == 3000


def test_without_file_and_variables_everything_has_a_default():
    assert load_settings(environ={}).stream.topic_prefix == "hanzo.twin"


def test_the_file_may_be_named_by_a_variable(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("logging: {level: debug}")
    assert load_settings(environ={"HANZO_TWIN_CONFIG": str(file)}).logging.level == "debug"


def test_an_empty_file_and_empty_sections_are_all_defaults(load):
    assert load("") == load("stream:\nlogging:\n") == Settings()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stream:\n  broker: x", ["line 2", "stream.broker", "did you mean stream.brokers?"]),
        ("streams: {}", ["line 1", "streams", "did you mean stream?"]),
        ("server:\n  port: http", ["line 2", "server.port", "integer"]),
        ("server: 7", ["line 1", "server"]),
        ("stream:\n  topic_prefix: 'a b'", ["line 2", "stream.topic_prefix"]),
        ("storage: {access_key: '${NOT_SET}'}", ["line 1", "storage.access_key", "NOT_SET"]),
        ("- a", ["mapping"]),
        ("a: [", ["line 1"]),
        ("logging: {level: info}\nlogging: {level: info}", ["line 2", "twice"]),
    ],
)
def test_what_is_wrong_in_the_file_is_named_with_path_and_line(load, text, words):
    message = refused(load, text)
    assert all(word in message for word in words), message


def test_a_wrong_variable_is_named(load):
    assert "HANZO_TWIN_SERVER_PORT" in refused(load, "", HANZO_TWIN_SERVER_PORT="x")
    assert "did you mean HANZO_TWIN_SERVER_PORT?" in refused(load, "", HANZO_TWIN_SERVER_PROT="1")


def test_a_missing_file_is_an_error_only_when_it_was_named(tmp_path):
    with pytest.raises(SettingsError, match=r"absent\.yaml"):
        load_settings(tmp_path / "absent.yaml", {})


def test_secrets_are_not_shown(load):
    settings = load(STANDARD)
    assert "password@" not in repr(settings)
    assert "'sk'" not in repr(settings)
    assert "hunter2" not in refused(load, "database: {url: 'postgresql://u:hunter2@db.example.com/x'}")
    assert "hunter2" not in refused(load, "storage: {secret_key: [hunter2]}")


def test_settings_are_frozen(load):
    with pytest.raises(ValueError, match="frozen"):
        load("").server.port = 1


def test_every_setting_has_its_own_variable():
    names = [variable(path) for path in leaves(Settings)]
    assert len(set(names)) == len(names)


@given(st.text(max_size=200))
def test_any_text_is_settings_or_a_settings_error(tmp_path_factory, text):
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(text, encoding="utf-8", errors="replace")
    with contextlib.suppress(SettingsError):
        load_settings(file, {})
