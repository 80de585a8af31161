"""MQTT payloads: what the sync engine makes of a message for each kind of mapping."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from typing import Any, cast

from fuzzing.mutate import mutated
from fuzzing.target import ACCEPTED
from fuzzing.values import reshaped
from sync_engine.domain.intake import Intake
from sync_engine.domain.source_clock import SourceClock
from sync_engine.domain.tally import Tally
from twin_common.definition import MqttSource
from twin_schemas import codec, examples
from twin_schemas.records import Channel, ChannelKind, ChannelRole, Epoch, ObservationFrame, SyncStatus

_JOINT, _BOX = "/World/Arm/elbow", "/World/Box"
_CHANNELS = [
    Channel(0, _JOINT, ChannelKind.POSITION, "rad", ChannelRole.OBSERVED),
    Channel(1, _JOINT, ChannelKind.VELOCITY, "rad/s", ChannelRole.OBSERVED),
    Channel(2, _JOINT, ChannelKind.EFFORT, "N*m", ChannelRole.INPUT),
    Channel(3, _BOX, ChannelKind.POSE, "m", ChannelRole.OBSERVED),
]
_STATUS = examples.load("SyncStatus")["full"]
_NOW = 1_790_000_000_000_000_000
_SETUPS: tuple[tuple[str, dict[str, Any], Any], ...] = (
    ("plant/a", {"a": f"{_JOINT}.position"}, 1.5),
    ("plant/a", {"a": {"target": f"{_JOINT}.position", "unit": "deg", "scale": 0.1, "offset": -5, "field": "v.0.raw",
                       "time": "t", "time_unit": "ms"}}, {"v": [{"raw": 1850}], "t": 1_790_000_000_000}),
    ("plant/b", {"b": {"target": _BOX, "unit": "cm", "time": "at"}},
     {"value": [1, 2, 3, 1, 0, 0, 0], "at": "2026-09-21T12:00:00Z"}),
    ("plant/c", {"seven": f"{_JOINT}.effort"}, {"id": "seven", "value": 1}),
    ("plant/d", {"d": {"time": "header.stamp", "joint_state": {"joints": {"elbow": _JOINT, "wrist": _BOX}}}},
     {"header": {"stamp": {"sec": 1_790_000_000, "nanosec": 5}}, "name": ["wrist", "elbow"], "position": [0, 1.25],
      "velocity": [0, -2e-3], "effort": []}),
    ("plant/e", {"e": {"target": f"{_JOINT}.velocity", "time": "t", "time_unit": "s"}}, {"value": -0.5, "t": 1.79e9}),
)  # fmt: skip

_PLAIN = (0, 5)
"""Setups that take a number as it is."""
_STRANGE = (
    "plant", "plant/", "plant//", "plant/a/", "plant/a/b", "plant/A", "plant/../a", "plant/\0", "plant/#", "plant/+",
    "/plant/a", "plant/\ud7ff", "plant/\u202ea", "plant/" + "a" * 65_000, "plant" + "/" * 1000, "$SYS/plant/a", "",
)  # fmt: skip
"""What a wildcard may let through, and what no broker should."""


class Payloads:
    """The first byte of an input chooses the mapping, the second the topic, the rest is the payload."""

    name = "mqtt"
    per_process = 1_000_000
    contained = False
    watched = ("sync_engine/domain",)
    words = (
        b"NaN", b"Infinity", b"-Infinity", b"null", b"true", b"\xef\xbb\xbf", b"\\ud800", b"\\u0000", b"1e400",
        b"{}", b"[]",
        b'"value"', b'"id"', b'"name"', b'"position"', b'"velocity"', b'"sec"', b'"nanosec"', b'"header"',
        b'"stamp"', b"\xff",
    )  # fmt: skip

    def __init__(self) -> None:
        self._tallies = [Tally() for _ in _SETUPS]
        self._intakes = [
            self._intake(topic, mapping, tally)
            for (topic, mapping, _), tally in zip(_SETUPS, self._tallies, strict=True)
        ]

    @staticmethod
    def _intake(topic: str, mapping: dict[str, Any], tally: Tally) -> Intake:
        source = MqttSource.model_validate(
            {"type": "mqtt", "broker": "mqtt://127.0.0.1:1883", "topic": "plant/#", "mapping": mapping}
        )
        intake = Intake("plant", source, SourceClock(), tally, 1_000_000)
        intake.map_onto(_CHANNELS)
        return intake

    def seeds(self) -> list[bytes]:
        return [
            bytes([number, 0]) + json.dumps(value).encode() for number, (_, _, value) in enumerate(_SETUPS)
        ]

    def shaped(self, rng: random.Random, seed: bytes) -> bytes:
        """The payload with hostile values, at times also in the wrong encoding."""
        text = json.dumps(
            reshaped(rng, json.loads(seed[2:])), allow_nan=True, ensure_ascii=rng.random() < 0.5
        )
        body = text.encode(
            rng.choice(("utf-8", "utf-8", "utf-8", "utf-16", "utf-32")), errors="surrogatepass"
        )
        topic = rng.randrange(256) if rng.random() < 0.1 else 0
        return bytes([seed[0], topic]) + (mutated(rng, body, (), ()) if rng.random() < 0.2 else body)

    def run(self, data: bytes) -> str:
        number, topic = (data[0] if data else 0) % len(_SETUPS), data[1] if data[1:] else 0
        name = _SETUPS[number][0] if topic == 0 else _STRANGE[topic % len(_STRANGE)]
        tally = self._tallies[number]
        before = Counter(tally.counts)
        readings = self._intakes[number].receive(name, data[2:], _NOW)
        if readings:  # what is taken can be written to a journal
            codec.encode(ObservationFrame(Epoch(1, "fuzz"), 1, readings, -1))
            if number in _PLAIN:  # and is what another parser says
                said = json.loads(data[2:])
                number_said = float(said["value"] if isinstance(said, dict) else said)
                assert [each.values for each in readings] == [[number_said]]
            return ACCEPTED
        told = Counter(tally.counts) - before
        (code,) = [what for what in told if what.startswith("refused.") or what == "readings_repeated"]
        # what is told of it goes out in a status
        codec.encode(
            replace(
                cast("SyncStatus", _STATUS),
                errors=tally.errors,
                sources=[self._intakes[number].status(live=True)],
            )
        )
        return code.removeprefix("refused.")

    def close(self) -> None: ...


def target() -> Payloads:
    """It."""
    return Payloads()
