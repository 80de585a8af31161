"""In security profile `production` nothing is said to an MQTT broker in plain text."""

from __future__ import annotations

import pytest

from scene_manager.testing.caller import Caller
from twin_common.settings import Settings
from twin_schemas.records.create_twin import CreateTwin
from twin_schemas.records.register_scene_version import RegisterSceneVersion
from twin_schemas.records.update_twin import UpdateTwin

TWIN = """\
name: pendulum
scene: {{uri: scene.usda}}
engine: {{type: mujoco}}
sync:
  sources:
    - name: plant
      type: mqtt
      broker: {source}
      topic: plant/angle
      mapping: {{angle: /World/Pendulum/hinge.position}}
  publish:
    - {{type: mqtt, topic: twin/predictions, broker: "{publish}"}}
"""
PLAIN, TLS = "mqtt://127.0.0.1:1883", "mqtts://plant.example"


@pytest.fixture
def settings() -> Settings:
    """A production deployment, apart from its own connections, which are in memory here."""
    return Settings.model_validate(
        {
            "stream": {"topic_prefix": "test.twin"},
            "metrics": {"enabled": False},
            "scene_manager": {"outbox_poll_ms": 10},
            "security": {"profile": "production"},
            "auth": {"verify_tokens": False},
        }
    )


async def created(caller: Caller, source: str, publish: str) -> CreateTwin:
    await caller.accepted(RegisterSceneVersion("arm", "ab" * 32, "arm.usda", 10))
    return CreateTwin(TWIN.format(source=source, publish=publish), "arm")


@pytest.mark.parametrize(
    ("source", "publish", "field", "line"),
    [(PLAIN, TLS, "sync.sources[0].broker", 8), (TLS, "MQTT://plant.example", "sync.publish[0].broker", 12)],
)
async def test_a_broker_without_tls_is_refused_with_its_place(
    caller: Caller, source: str, publish: str, field: str, line: int
) -> None:
    refused = await caller.refused(await created(caller, source, publish))
    assert (refused.code, refused.field, refused.line) == ("broker_not_encrypted", field, line)
    assert "mqtts://" in refused.message


async def test_a_broker_with_tls_may_be_anywhere(caller: Caller) -> None:
    await caller.accepted(await created(caller, TLS, "mqtts://127.0.0.1"))


async def test_an_update_to_a_broker_without_tls_is_refused(caller: Caller) -> None:
    await caller.accepted(await created(caller, TLS, TLS))
    patch = '{"sync": {"publish": [{"type": "mqtt", "topic": "a", "broker": "mqtt://plant.example"}]}}'
    assert (await caller.refused(UpdateTwin("pendulum", patch))).code == "broker_not_encrypted"
