"""What is sent to whom, and what becomes of it: payloads, journal records, commands."""

from __future__ import annotations

from bad_input_twins import HINGE

from twin_schemas.codec import encode
from twin_schemas.records import (
    ApplyParameters,
    ControlRefused,
    JointMode,
    JointTarget,
    ResetState,
    SetJointCommand,
    SetRate,
    StartTwin,
    StopTwin,
)

NAN = float("nan")
UNKNOWN = b"\0\0\x0f\xff\xffwhatever"
"""A record of a schema that nobody knows."""

PAYLOADS = [
    ("oversize", "plain", b"1" * 10_000_000),
    ("non_json", "plain", b"\xff\x00 up and down"),
    ("non_json", "joints", b'{"name": ["hinge"], "position": [0.1'),
    ("missing_field", "angle", b'{"reading": {"worth": 1}, "t": 1}'),
    ("not_finite", "plain", b"NaN"),
    ("not_finite", "angle", b'{"reading": {"value": -Infinity}, "t": 1}'),
    ("not_finite", "torque", b'{"value": 1e999}'),
    ("wrong_shape", "plain", b'"NaN"'),
    ("wrong_shape", "torque", b'{"value": "Infinity"}'),
    ("wrong_shape", "joints", b'{"name": ["hinge"], "position": [0.1, 0.2], "time_ns": 1}'),
    ("wrong_shape", "joints", b'{"name": "hinge", "position": 0.1, "time_ns": 1}'),
    ("unmapped", "elsewhere", b"1"),
    ("bad_time", "angle", b'{"reading": {"value": 1}}'),
    ("bad_time", "angle", b'{"reading": {"value": 1}, "t": 1760000000000}'),
]
"""Reason of the refusal, last level of the topic, payload."""

RECORDS = [
    ("truncated", encode(StopTwin("x"))[:-1], "truncated"),
    ("unknown-schema", UNKNOWN, "1048575"),
    ("foreign-type", encode(StopTwin("x")), "StopTwin"),
    ("tombstone", None, "tombstone"),
]
"""Name of the twin, what is written into its journal, what its failure says."""

POISON = [
    ("unknown_schema", UNKNOWN, True),
    ("corrupt_record", b"not a record", True),
    ("corrupt_record", encode(StartTwin("good"))[:-2], True),
    ("unexpected_type", encode(ControlRefused("x", "y", "z")), True),
    ("no_value", None, True),
    ("bad_envelope", encode(StartTwin("good")), False),
]
"""Code of the dead letter, value, and whether the record has an envelope."""

COMMANDS = [
    (
        "bad_joint_command",
        SetJointCommand("", "", [JointTarget("/World/nothing", JointMode.EFFORT, 1.0)]),
    ),
    ("no_targets", SetJointCommand("", "", [])),
    ("not_finite", SetJointCommand("", "", [JointTarget(HINGE, JointMode.EFFORT, NAN)])),
    ("bad_parameters", ApplyParameters("", "", "", {"/World/nothing.mass": 1.0})),
    ("bad_parameters", ApplyParameters("", "", "", {"/World/Pendulum/arm.mass": -1.0})),
    ("not_finite", ApplyParameters("", "", "", {"/World/Pendulum/arm.mass": NAN})),
    ("not_finite", ResetState("", "", True, {f"{HINGE}.position": [NAN]})),
    ("bad_reset", ResetState("", "", True, {f"{HINGE}.colour": [1.0]})),
    ("bad_reset", ResetState("", "", True, {f"{HINGE}.position": [1.0, 2.0]})),
    ("bad_rate", SetRate("", "", 0, 1, "a test")),
    ("too_far_ahead", ResetState("", "", True, {}, effect_time_ns=2**62)),
]
"""Code of the refusal, and a command without twin and id."""
