import asyncpg
import pytest

from hanzo_twin.stack import EmbeddedStack
from hanzo_twin.stack.errors import StackError
from hanzo_twin.stack.plan import External
from hanzo_twin.stack.state import Phase


async def test_a_configured_database_is_used_instead_of_starting_one(small, tmp_path):
    theirs = small.connection.database_url.replace("/hanzo_twin", "/theirs")
    ours = EmbeddedStack(tmp_path / "ours", parts=("postgres",), external=External(database_url=theirs))
    with ours as stack:
        assert stack.part("postgres").phase is Phase.EXTERNAL
        assert not stack.state.alive()
        assert stack.connection.database_url == theirs
    database = await asyncpg.connect(theirs)  # made, and still there after the other stack's end
    await database.close()


def test_a_configured_mqtt_broker_is_used_instead_of_starting_one(small, tmp_path):
    theirs = small.connection.mqtt_url
    with EmbeddedStack(tmp_path / "ours", parts=("mosquitto",), external=External(mqtt_url=theirs)) as stack:
        assert not stack.state.alive()
        assert stack.connection.mqtt_url == theirs


@pytest.mark.parametrize(
    ("part", "external", "message"),
    [
        (
            "postgres",
            {"database_url": "postgresql://me:secret@127.0.0.1:1/x"},
            "no database answers at 127.0.0.1:1/x",
        ),
        ("seaweedfs", {"storage_endpoint": "http://127.0.0.1:1"}, "object store at http://127.0.0.1:1"),
        ("kafka", {"brokers": "127.0.0.1:1"}, "127.0.0.1:1"),
        ("mosquitto", {"mqtt_url": "mqtt://127.0.0.1:1"}, "no MQTT broker answers at mqtt://127.0.0.1:1"),
    ],
)
def test_a_configured_part_that_does_not_answer_fails_the_start(tmp_path, part, external, message):
    stack = EmbeddedStack(tmp_path / "home", parts=(part,), external=External(**external))
    with pytest.raises(StackError, match=message) as failed:
        stack.start()
    assert "secret" not in str(failed.value)
    assert not stack.state.alive()
