"""Definitions and scenes, right and wrong."""

from __future__ import annotations

from pathlib import Path

HINGE = "/World/Pendulum/hinge"
BROKER = "${HANZO_TWIN_MQTT_DEFAULT_BROKER}"
SCENE = (Path(__file__).parents[2] / "examples" / "pendulum" / "scene.usda").read_text()


def definition(
    name: str, mapping: str = f"angle: {HINGE}.position", *, broker: str = BROKER, more: str = ""
) -> str:
    """A right definition, unless `mapping` or `more` is wrong.

    Args:
        name: of the twin; its sensors speak on `plant/<name>/#`.
        mapping: flow or block YAML, one line per entry.
        broker: of the source.
        more: further lines of the `sync` section.
    """
    entries = "\n".join(f"        {line}" for line in mapping.splitlines())
    extra = "".join(f"  {line}\n" for line in more.splitlines())
    return f"""\
name: {name}
scene: {{uri: scene.usda}}
engine: {{type: mujoco}}
sync:
  mode: realtime
  rate_hz: 10
{extra}  sources:
    - type: mqtt
      name: sensors
      broker: "{broker}"
      topic: plant/{name}/#
      mapping:
{entries}
"""


SENSES = f"""\
angle: {{target: {HINGE}.position, field: reading.value, time: t, time_unit: s}}
plain: {HINGE}.velocity
torque: {HINGE}.effort
joints: {{time: time_ns, time_unit: ns, joint_state: {{joints: {{hinge: {HINGE}}}}}}}"""
"""Everything that a twin of the pendulum can be told."""


def limited(lower: float, upper: float) -> str:
    """The pendulum's scene with limits on its hinge, in degrees."""
    axis = 'uniform token physics:axis = "Y"'
    assert axis in SCENE
    return SCENE.replace(
        axis,
        f"{axis}\n            float physics:lowerLimit = {lower}\n            float physics:upperLimit = {upper}",
    )


WRONG = {
    "invalid YAML": ("name: [\n", "invalid_definition", 2),
    "an unknown key": (definition("unknown-key", more="rate_hertz: 3"), "invalid_definition", 7),
    "an unknown engine": (
        definition("unknown-engine").replace("mujoco", "newton"),
        "unknown_engine",
        3,
    ),
    "a bad name": (definition("Bad_Name"), "invalid_definition", 1),
    "an alias as its name": (definition("twin-x"), "invalid_definition", 1),
    "a NaN for a rate": (
        definition("nan-rate").replace("rate_hz: 10", "rate_hz: .nan"),
        "invalid_definition",
        6,
    ),
    "a mapping to no path": (
        definition("no-path", "angle: hinge", broker="mqtt://127.0.0.1"),
        "invalid_definition",
        13,
    ),
    "no scene": ("name: no-scene\nengine: {type: mujoco}\n", "invalid_definition", 1),
}
"""What is wrong: the definition, the code of its refusal, and the line that is named."""
