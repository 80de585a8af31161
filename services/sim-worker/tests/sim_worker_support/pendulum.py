"""The pendulum of the examples: a real scene for a real engine."""

from pathlib import Path

from twin_common.definition import TwinDefinition

SCENE = Path(__file__).parents[4] / "examples" / "pendulum" / "scene.usda"
HINGE = "/World/Pendulum/hinge"


def pendulum(name: str, **changes: object) -> TwinDefinition:
    state = {"time": "t", "joint_state": {"joints": {"hinge": HINGE}}}
    source = {
        "type": "mqtt",
        "broker": "mqtt://127.0.0.1:1883",
        "topic": "plant/#",
        "mapping": {"joints": state},
    }
    return TwinDefinition.model_validate(
        {
            "name": name,
            "scene": {"uri": "scene.usda"},
            "engine": {"type": "mujoco", "config": {"step_hz": 480}},
            "sync": {"sources": [source], **changes},
        }
    )
