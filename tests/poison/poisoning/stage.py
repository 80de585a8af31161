"""A platform with running twins that share partitions, a foreign producer, and what can be seen from outside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from confluent_kafka import Producer
from platform_support.running import PREFIX, Platform, definition, scan

from poisoning.good import PUBLIC, Victim
from poisoning.kinds import Poison
from twin_schemas import codec
from twin_schemas.errors import SchemaError
from twin_schemas.records import ObservationFrame, PredictionFrame, SourcesAcquired

PARTITIONS = 12
VICTIMS = 6
"""Twins whose journals are poisoned: the first ones; the last ones lie on their partitions."""
NAMES = [f"poison-{number:02}" for number in range(PARTITIONS + VICTIMS)]
Place = tuple[str, int, int]


class Stage:
    """Everything that is poisoned."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.services = {part.name: part.process for part in platform.stack.state.parts}
        self._producer = Producer({"bootstrap.servers": platform.brokers, "acks": "all", "linger.ms": 0})

    def twins(self) -> list[Victim]:
        """The twins, all running, by name."""
        for name in NAMES:
            text = definition(name)
            self.platform.call(
                "POST", "/v1/twins", json={"definition": text, "scene": "pendulum"}
            ).raise_for_status()
            self.platform.call("POST", f"/v1/twins/{name}/start").raise_for_status()
        shown = [self.platform.until(partial(self.platform.twin, name), _runs, 120) for name in NAMES]
        frames = self.frames()
        return [
            Victim(
                twin["id"],
                twin["name"],
                twin["placement"]["partition"],
                self._epochs[twin["id"]],
                max((frame.tick for frame in frames[twin["id"]].values()), default=0),
            )
            for twin in shown
        ]

    def write(self, poisons: Iterable[Poison]) -> dict[Place, Poison]:
        """Write them, in this order; returns where each lies."""
        places: dict[Place, Poison] = {}
        for each in poisons:
            name = f"{PREFIX}.{NAMES[-1] if each.topic == PUBLIC else each.topic}"

            def noted(error: Any, message: Any, each: Poison = each, name: str = name) -> None:
                assert error is None, error
                places[name, message.partition(), message.offset()] = each

            self._producer.produce(
                name,
                key=each.key,
                value=each.value,
                partition=each.partition,
                headers=list(each.headers),
                callback=noted,
            )
            assert self._producer.flush(20) == 0
        return places

    def letters(self) -> dict[Place, str]:
        """The code of each dead letter, by where its record lay."""
        return {
            (letter.topic, letter.partition, letter.offset): letter.code
            for letter in self._read("dead.letter").values()
            if type(letter).__name__ == "DeadLetter"
        }

    def answers(self) -> dict[str, str]:
        """What was said because of a record, by its id: a code, or the type of the answer."""
        found = {}
        for place in ("control.events", "bus.replies"):
            for message in self.raw(place):
                headers: dict[str, Any] = dict(message.headers() or ())
                cause = (headers.get("ce_causationid") or b"").decode(errors="replace")
                record = decoded(message)
                if record is not None:
                    said = getattr(record, "code", None) or type(record).__name__
                    found[cause] = found[getattr(record, "command_id", cause)] = said
        return found

    def trouble(self, twin: Victim) -> str | None:
        """Why a twin failed."""
        code: str | None = (self.platform.twin(twin.name).get("error") or {}).get("code")
        return code

    def frames(self) -> dict[str, dict[int, ObservationFrame]]:
        """The frames of each twin's journal, on its own partition, that are in force, by offset."""
        found: dict[str, dict[int, ObservationFrame]] = defaultdict(dict)
        self._epochs: dict[str, Any] = {}
        home: dict[str, int] = {}
        for message in sorted(self.raw("sim.journal"), key=lambda each: (each.partition(), each.offset())):
            twin, record = (message.key() or b"").decode(errors="replace"), decoded(message)
            if isinstance(record, SourcesAcquired):
                self._epochs[twin], home[twin] = record.epoch, message.partition()
            elif message.partition() != home.get(twin):
                continue
            elif isinstance(record, ObservationFrame) and record.epoch == self._epochs.get(twin):
                found[twin][message.offset()] = record
        return found

    def raw(self, place: str) -> list[Any]:
        """Every message that a topic holds now."""
        return list(scan(self.platform.brokers, f"{PREFIX}.{place}"))

    def predicted(self) -> Mapping[str, set[int]]:
        """Journal offsets of which there are predictions, by twin."""
        found: dict[str, set[int]] = defaultdict(set)
        for message in self.raw("sim.predictions"):
            record = decoded(message)
            if isinstance(record, PredictionFrame):
                found[(message.key() or b"").decode(errors="replace")].add(record.offset)
        return found

    def _read(self, place: str) -> dict[int, Any]:
        found = {message.offset(): decoded(message) for message in self.raw(place)}
        return {offset: record for offset, record in found.items() if record is not None}


def _runs(twin: dict[str, Any]) -> bool:
    return twin.get("phase") == "running"


def decoded(message: Any) -> Any:
    """The record of a message; None where there is none that can be read."""
    value: Any = message.value()
    try:
        return codec.decode(value) if value is not None else None
    except SchemaError:
        return None
