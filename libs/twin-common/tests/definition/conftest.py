import pytest

PENDULUM = """\
name: pendulum
scene: {uri: pendulum.usda}
engine: {type: mujoco}
sync:
  sources:
    - type: mqtt
      broker: mqtt://127.0.0.1:1883
      topic: plant/pendulum/#
      mapping:
        angle: /World/Pendulum/hinge.position
        torque: {target: /World/Pendulum/hinge.effort, field: tau.0, time: t, window_ms: 33}
        state: {joint_state: {joints: {hinge: /World/Pendulum/hinge}}}
  publish:
    - {type: mqtt, topic: twin/pendulum}
    - {type: kafka, topic: hanzo.twin.pendulum}
"""


@pytest.fixture
def pendulum():
    """The YAML of a twin that is all right."""
    return PENDULUM
