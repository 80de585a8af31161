"""Every example that a consumer has to live with, from the catalogue."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from twin_schemas import examples
from twin_schemas.catalogue import PUBLIC, catalogue, public_topic
from twin_schemas.record import Record
from twin_schemas.topics import TopicSpec


@dataclass(frozen=True)
class Case:
    """One example on one topic."""

    topic: str
    type: str
    example: str

    @property
    def record(self) -> Record:
        return examples.load(self.type)[self.example]


def topics() -> dict[str, TopicSpec]:
    """All topics; the family of public ones stands for one of its members."""
    return {**catalogue(), PUBLIC: public_topic("pendulum")}


def consumers() -> set[str]:
    """Whoever reads anything."""
    return {consumer for spec in topics().values() for consumer in spec.consumers}


def consumed(consumer: str) -> set[tuple[str, str]]:
    """Topic and type of everything that may come to a consumer."""
    return {
        (name, kind) for name, spec in topics().items() if consumer in spec.consumers for kind in spec.types
    }


def cases(consumer: str, *only: str) -> list[Case]:
    """Every example of every type on every topic that a consumer reads, or on some of them."""
    return [
        Case(topic, kind, example)
        for topic, kind in sorted(consumed(consumer))
        if not only or topic in only
        for example in sorted(examples.load(kind))
    ]


def each(consumer: str, *only: str) -> pytest.MarkDecorator:
    """Runs a test once for each of these; it takes a `case`."""
    return pytest.mark.parametrize("case", cases(consumer, *only), ids=_name)


def _name(case: Case) -> str:
    return f"{case.topic}-{case.type}-{case.example}"


def fed(module: object) -> Iterator[str]:
    """The topics whose examples a module's tests are parametrized with."""
    for test in vars(module).values():
        for mark in getattr(test, "pytestmark", ()):
            if mark.name == "parametrize" and mark.args[0] == "case":
                yield from {case.topic for case in mark.args[1]}
