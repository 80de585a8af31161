"""Definitions of twins inside records, which hostile texts hardly ever are."""

from __future__ import annotations

import json
import random
from typing import Any

from fuzzing.targets.journals import HINGE
from fuzzing.values import reshaped

DEFINITION: Any = {
    "name": "cart",
    "scene": {"uri": "scene:arm"},
    "engine": {"type": "mujoco", "config": {"step_hz": 100, "substeps": 1, "gravity": [0, 0, -9.81]}},
    "sync": {
        "mode": "realtime",
        "rate_hz": 30,
        "latency_budget_ms": 50,
        "frame_wait_ms": 5,
        "buffer_size": 10,
        "horizon": {"seconds": 0.5, "per_second": 2, "samples": 5},
        "assimilation": {"mode": "overwrite", "gains": {"position": 1}},
        "drift_detection": {"window_seconds": 10, "threshold": {"position_rad": 0.1}},
        "reconnect_backoff_ms": [100, 500],
        "sources": [
            {
                "type": "mqtt",
                "broker": "mqtt://127.0.0.1",
                "topic": "a/#",
                "rate_hz": 30,
                "mapping": {
                    "a": {"target": f"{HINGE}.position", "unit": "deg", "window_ms": 0},
                    "b": f"{HINGE}.velocity",
                    "c": f"{HINGE}.effort",
                },
            }
        ],
        "publish": [{"type": "mqtt", "topic": "b/out"}],
    },
}
"""Of a pendulum."""
PATCH: Any = {
    "tags": ["spare"],
    "metadata": {"row": 2},
    "scene": {"version": 1},
    **{part: DEFINITION[part] for part in ("engine", "sync")},
}
_USUAL = 0.6
_HOSTILE = 0.9


def usual(rng: random.Random, good: Any) -> str:
    """A good document, or nothing."""
    return json.dumps(good) if rng.random() < _USUAL else ""


def meant(rng: random.Random, text: str, good: Any) -> str:
    """The text; instead of one that is no document at all most often a document with hostile values."""
    if text.startswith("{") or rng.random() > _HOSTILE:
        return text
    return json.dumps(reshaped(rng, good))
