from hanzo_twin.stack.plan import PARTS, External, Plan
from twin_common.settings import load_settings


def test_defaults_of_the_settings_are_not_external_parts():
    external = External.from_settings(load_settings(environ={}))
    assert [external.address(part) for part in PARTS] == [None] * 5


def test_a_part_that_the_environment_names_is_external():
    settings = load_settings(environ={"HANZO_TWIN_STREAM_BROKERS": "127.0.0.1:19092"})
    external = External.from_settings(settings)
    assert external.address("kafka") == "127.0.0.1:19092"
    assert external.address("postgres") is None


def test_a_part_that_the_config_file_names_is_external(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("storage:\n  endpoint: http://127.0.0.1:9000\n  access_key: me\n  secret_key: mine\n")
    external = External.from_settings(load_settings(file, environ={}))
    assert external.address("seaweedfs") == "http://127.0.0.1:9000"
    assert (external.storage_access_key, external.storage_secret_key) == ("me", "mine")


def test_the_address_of_a_database_is_shown_without_its_password():
    external = External(database_url="postgresql://me:secret@127.0.0.1:5432/twins")
    assert external.address("postgres") == "127.0.0.1:5432/twins"


def test_a_changed_plan_is_a_new_generation():
    plan = Plan(services={"sim-worker": 2})
    changed = plan.changed(Plan(services={"sim-worker": 3}, brokers=3))
    assert changed.generation == plan.generation + 1
    assert changed.services == {"sim-worker": 3}
    assert changed.brokers == 1
