"""A broker whose folder is set back to an earlier state is noticed, with every process restarted meanwhile."""

import shutil

import pytest
from platform_support.running import Platform, definition

from hanzo_twin.stack import EmbeddedStack
from twin_schemas.records import IncarnationBegan, PredictionFrame

SERVICES = {"scene-manager": 1, "sync-engine": 1, "archivist": 1, "sim-worker": 1, "api-gateway": 1}
QUICK = {"HANZO_TWIN_RETENTION_MARK_S": "0.2"}


def predictions(platform, twin):
    """Incarnation, offset, of each prediction of a twin."""
    said = [
        record for message, record in platform.records("sim.predictions") if message.key() == twin.encode()
    ]
    return [(record.incarnation, record.offset) for record in said if isinstance(record, PredictionFrame)]


def begun(platform, twin):
    events = [record for _, record in platform.records("control.events")]
    return [event for event in events if isinstance(event, IncarnationBegan) and event.twin == twin]


@pytest.mark.timeout(400)
def test_a_broker_that_is_set_back_leads_to_a_new_incarnation_that_says_so(tmp_path):
    stack = EmbeddedStack(tmp_path / "stack", services=SERVICES, variables=QUICK)
    folder, copy = stack.home.data / "kafka", tmp_path / "earlier"
    with stack:
        platform = Platform(stack)
        platform.scene()
        body = {"definition": definition("swing", rate_hz=10), "scene": "pendulum"}
        twin = platform.call("POST", "/v1/twins", json=body).raise_for_status().json()["id"]
        platform.call("POST", "/v1/twins/swing/start").raise_for_status()
        platform.until(lambda: len(predictions(platform, twin)), lambda count: count > 30, 120)
        platform.close()
    shutil.copytree(folder, copy)
    with stack:
        platform = Platform(stack)
        before = len(predictions(platform, twin))
        platform.until(lambda: len(predictions(platform, twin)), lambda count: count > before + 50, 120)
        seen = set(predictions(platform, twin))
        other = platform.call("POST", "/v1/twins", json=body | {"definition": definition("late")})
        assert other.is_success, other.text
        platform.close()
    shutil.rmtree(folder)
    shutil.move(copy, folder)
    with stack:
        platform = Platform(stack)
        began = platform.until(lambda: begun(platform, twin), lambda events: len(events) > 1, 120)[-1]
        assert (began.incarnation, began.from_incarnation, began.continuity) == (2, 1, "approximate")
        assert "was seen in it" in began.reason
        platform.until(
            lambda: [said for said in predictions(platform, twin) if said[0] == 2],
            lambda said: len(said) > 10,
            120,
        )
        again = set(predictions(platform, twin)) - seen
        assert {incarnation for incarnation, _ in again} == {
            2
        }  # no number of the lost stretch has two meanings
        assert platform.until(lambda: platform.twin("late"), bool, 60)["name"] == "late"
        assert platform.twin("swing")["phase"] == "running"
        platform.close()
