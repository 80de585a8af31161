import pytest

from hanzo_twin.stack.connection import Connection
from hanzo_twin.stack.home import Home
from hanzo_twin.stack.services import SERVICES, instances, part, usual
from twin_common.settings import load_settings


def test_one_process_of_a_kind_has_its_plain_name_and_several_are_numbered():
    names = [name for _, name in instances(usual())]
    assert names == [
        "scene-manager",
        "sync-engine",
        "archivist",
        "sim-worker-0",
        "sim-worker-1",
        "api-gateway",
    ]


def test_a_second_process_of_a_single_kind_has_a_name_of_its_own():
    assert [name for _, name in instances({"sync-engine": 2})] == ["sync-engine", "sync-engine-1"]


def test_an_unknown_service_is_refused():
    with pytest.raises(KeyError, match="mixer"):
        list(instances({"mixer": 1}))


def test_the_variables_of_each_service_are_settings_that_exist(tmp_path):
    connection = Connection(
        home=tmp_path,
        brokers="127.0.0.1:1",
        mqtt_url="mqtt://127.0.0.1:2",
        database_url="postgresql://me@127.0.0.1:3/x",
        storage_endpoint="http://127.0.0.1:4",
        storage_access_key="me",
        storage_secret_key="mine",
        api_url="http://127.0.0.1:6",
    )
    for service, name in instances(usual()):
        made = part(service, name, Home(tmp_path), 5, connection, {})
        settings = load_settings(environ=made.environment)
        assert settings.stream.brokers == "127.0.0.1:1"
        assert settings.metrics.port == 5
        assert name in str(settings.model_dump())


def test_all_workers_share_one_folder_for_their_breadcrumbs(tmp_path):
    (worker,) = (service for service in SERVICES if service.name == "sim-worker")
    first, second = (worker.variables(worker.instance(index), Home(tmp_path)) for index in (0, 1))
    assert first == second and list(first) == ["HANZO_TWIN_SIM_WORKER_STATE_DIR"]


def test_variables_that_the_user_gives_a_service_win(tmp_path):
    connection = Connection(
        home=tmp_path,
        brokers="127.0.0.1:1",
        mqtt_url="",
        database_url="",
        storage_endpoint="",
        storage_access_key="",
        storage_secret_key="",
    )
    extra = {"HANZO_TWIN_STREAM_BROKERS": "127.0.0.1:9"}
    made = part(SERVICES[0], "scene-manager", Home(tmp_path), 5, connection, extra)
    assert made.environment["HANZO_TWIN_STREAM_BROKERS"] == "127.0.0.1:9"


def test_all_gateways_listen_where_the_connection_says(tmp_path):
    (gateway,) = (service for service in SERVICES if service.door)
    connection = Connection(
        home=tmp_path,
        brokers="127.0.0.1:1",
        mqtt_url="",
        database_url="",
        storage_endpoint="",
        storage_access_key="",
        storage_secret_key="",
        api_url="http://127.0.0.1:8082",
    )
    first, second = (part(gateway, gateway.instance(i), Home(tmp_path), 5, connection, {}) for i in (0, 1))
    for each in (first, second):
        assert (each.ports, each.address) == ({"metrics": 5, "api": 8082}, "http://127.0.0.1:8082")
        assert each.environment["HANZO_TWIN_SERVER_PORT"] == "8082"
        assert each.environment["HANZO_TWIN_SERVER_SHARE_PORT"] == "true"
