"""A good record for each topic: what the bad ones are made from."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

from twin_schemas import examples
from twin_schemas.catalogue import catalogue
from twin_schemas.record import Record
from twin_schemas.records import Epoch

PUBLIC = "_public"
TYPES = {
    "audit.log": "AuditRecord",
    "bus.replies": "ControlAccepted",
    "control.commands": "StopTwin",
    "control.events": "TwinPhaseChanged",
    "dead.letter": "DeadLetter",
    "scene.versions": "SceneVersion",
    "sim.checkpoints": "CheckpointTaken",
    "sim.commands": "ResetState",
    "sim.horizons": "HorizonFrame",
    "sim.journal": "ObservationFrame",
    "sim.predictions": "PredictionFrame",
    "sim.requests": "GetState",
    "twin.specs": "TwinSpec",
    "twin.status": "SimStatus",
    PUBLIC: "TwinPrediction",
}
"""A type that each topic carries; where there is none, the first that the catalogue has."""
_ENVELOPES = ("control.commands", "control.events", "bus.replies", "sim.commands", "sim.requests")
_KEYS = {"twin.status": "{}/sim", "scene.versions": "{}/1", "sim.checkpoints": "{}/1/0"}
_NOBODY = "0199a63c-2d5e-7c41-9f3a-b26d8e4f1a99"


@dataclass(frozen=True, slots=True)
class Victim:
    """A running twin of the organisation `local`."""

    twin: str
    name: str
    partition: int
    epoch: Epoch
    tick: int


@dataclass(frozen=True, slots=True)
class Good:
    """A good record, and where it belongs.

    Attributes:
        envelope: the topic's records have one.
    """

    topic: str
    record: Record
    twin: str
    key: str
    partition: int
    partitions: int
    token: str | None
    envelope: bool


def topics() -> list[str]:
    """Every topic of the catalogue, and the family of public ones."""
    return [*catalogue(), PUBLIC]


def good(topic: str, victim: Victim, token: str, about: str | None = None) -> Good:
    """A record of a topic about a twin; of state that others go by, about one that nobody has, if not about `about`."""
    kind = TYPES.get(topic) or catalogue()[topic].types[0]
    about = about or (victim.twin if topic.startswith(("sim.", "control.commands")) else _NOBODY)
    record: Any = examples.load(kind)["full"]
    known: dict[str, Any] = {
        "twin": about, "org": "local", "scene": about, "epoch": victim.epoch, "tick": victim.tick + 1000,
        "partition": victim.partition, "command_id": str(uuid.uuid4()), "effect_time_ns": None,
    }  # fmt: skip
    if kind == "PredictionFrame":
        known |= {"epoch": victim.epoch.counter}
    if kind == "StopTwin":
        known |= {"expected_revision": 1_000_000}
    fields = {name: value for name, value in known.items() if hasattr(record, name)}
    partitions = 1 if topic == PUBLIC else catalogue()[topic].partitions
    return Good(
        topic=topic,
        record=replace(record, **fields),
        twin=victim.twin,
        key=_KEYS.get(topic, "{}").format(about),
        partition=victim.partition if partitions == 12 else 0,
        partitions=partitions,
        token=token if topic in _ENVELOPES else None,
        envelope=topic in _ENVELOPES,
    )
