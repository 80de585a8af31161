"""Examples of the documentation; each is checked against its model by a test."""

from __future__ import annotations

from typing import Any, Final

DEFINITION: Final[dict[str, Any]] = {
    "name": "arm",
    "scene": {"uri": "scene:arm"},
    "engine": {"type": "mujoco", "config": {"step_hz": 480}},
    "sync": {
        "mode": "realtime",
        "rate_hz": 30,
        "sources": [
            {
                "type": "mqtt",
                "name": "sensors",
                "broker": "mqtt://127.0.0.1:1883",
                "topic": "plant/arm/sensors/#",
                "mapping": {"joint_states": {"joint_state": {"joints": {"shoulder": "/World/Arm/shoulder"}}}},
            }
        ],
    },
    "tags": ["arm"],
}

DEFINITION_YAML: Final = """\
name: arm
scene: {uri: "scene:arm"}
engine: {type: mujoco, config: {step_hz: 480}}
sync:
  mode: realtime
  rate_hz: 30
  sources:
    - type: mqtt
      name: sensors
      broker: mqtt://127.0.0.1:1883
      topic: plant/arm/sensors/#
      mapping:
        joint_states:
          joint_state:
            joints: {shoulder: /World/Arm/shoulder}
tags: [arm]
"""

_ID = "0197a3d2-5c1e-7000-8a4b-3f2d1c0b9a88"
_AT = "2026-11-21T12:20:26.123456Z"

SUMMARY: Final[dict[str, Any]] = {
    "id": _ID,
    "name": "arm",
    "organization": "local",
    "revision": 2,
    "phase": "running",
    "desired": "running",
    "conditions": [],
    "error": None,
    "engine": "mujoco",
    "scene": {"name": "arm", "version": 1, "digest": "9f" * 32, "file": "arm.usda"},
    "tags": ["arm"],
    "metadata": {},
    "created_at": _AT,
    "updated_at": _AT,
    "updated_by": "ada",
    "reason": "shift begins",
    "restart_needed": [],
    "placement": {"pool": "default", "partition": 3},
    "sim": {
        "worker": "sim-worker-1",
        "incarnation": 1,
        "phase": "running",
        "revision": 2,
        "tick": 1800,
        "offset": 1802,
        "lag_ms": 4.2,
        "checkpoint_offset": 1740,
        "counts": {"predictions": 1800},
        "warnings": [],
        "at": _AT,
    },
    "links": {
        "self": f"/v1/twins/{_ID}",
        "state": f"/v1/twins/{_ID}/state",
        "predictions": f"/v1/twins/{_ID}/predictions",
        "sync": f"/v1/twins/{_ID}/sync/status",
    },
}
TWIN: Final[dict[str, Any]] = {**SUMMARY, "definition": DEFINITION, "pending_definition": None}
TWIN_PAGE: Final[dict[str, Any]] = {"items": [SUMMARY], "next_cursor": None}
SYNC: Final[dict[str, Any]] = {
    "twin": _ID,
    "name": "arm",
    "revision": 2,
    "state": "live",
    "engine": "sync-engine-1",
    "incarnation": 1,
    "epoch": 1,
    "tick": 1800,
    "sources": [
        {
            "name": "sensors",
            "connected": True,
            "live": True,
            "received": 1801,
            "last_at": _AT,
            "clock_offset_ns": 12000,
            "error": None,
        }
    ],
    "latency": {"count": 1800, "p50_ms": 6.1, "p99_ms": 14.0, "max_ms": 21.5},
    "innovation_rms": {"/World/Arm/shoulder.position": 0.002},
    "counts": {"frames": 1800},
    "errors": {},
    "at": _AT,
}
COMMAND: Final[dict[str, Any]] = {
    "id": _ID,
    "status": "accepted",
    "type": "StartTwin",
    "resource": _ID,
    "name": "arm",
    "version": 3,
    "restart_needed": [],
    "links": {"resource": f"/v1/twins/{_ID}"},
}
WHOAMI: Final[dict[str, Any]] = {
    "actor": "ada",
    "organization": "local",
    "role": "twin-viewer",
    "permissions": ["scenes.read", "twins.read"],
}
