"""What a worker, a sync engine and the public stream say, made up."""

from __future__ import annotations

from typing import Any

import pytest

from hanzo_twin.live.records import prediction_of, sync_of, twin_of
from hanzo_twin.models import Prediction, Twin
from twin_schemas.records import (
    ChannelValue,
    Condition,
    Latency,
    SimPhase,
    SimStatus,
    SourceStatus,
    SyncStatus,
    TwinPrediction,
)

S = 1_000_000_000
PATH = "/World/hinge.position"


class Said:
    PATH = PATH

    @staticmethod
    def sim(
        at_ns: int, *, phase: SimPhase = SimPhase.RUNNING, worker: str = "w1", code: str | None = None
    ) -> Twin:
        stale = [Condition("stale", at_ns, "the journal is silent")]
        message = "look here" if code else None
        record = SimStatus(
            "t",
            "local",
            "p",
            1,
            worker,
            1,
            phase,
            stale,
            9,
            7,
            1.5,
            3,
            {},
            [],
            at_ns,
            code=code,
            message=message,
        )
        return twin_of(record)

    @staticmethod
    def sync(at_ns: int, *, engine: str = "e1", **counts: int) -> Any:
        sources = [SourceStatus("sensors", True, True, 5, at_ns, 0)]
        named = {key.replace("__", "."): count for key, count in counts.items()}
        errors = {"not_json": "topic a: not JSON"}
        record = SyncStatus(
            "t", "local", "p", 1, engine, 1, 1, 7, sources, named, Latency(0, 0, 0, 0), {}, errors, at_ns
        )
        return sync_of(record)

    @staticmethod
    def prediction(tick: int, *, innovation: float = 0.1, latency_ms: int = 3) -> Prediction:
        innovations = [ChannelValue(PATH, "rad", [innovation])]
        values = [ChannelValue(PATH, "rad", [0.25])]
        record = TwinPrediction(
            "t", "p", 1, tick + 2, tick, 0, 0, values, innovations, latency_ms * 1_000_000
        )
        return prediction_of(record)


@pytest.fixture
def said() -> Said:
    return Said()
