"""The table of poison has a row for every topic, and for every kind."""

from __future__ import annotations

from poisoning.good import PUBLIC, TYPES, topics
from poisoning.kinds import KINDS
from poisoning.table import NOTHING, expected

from twin_schemas.catalogue import catalogue

PROBED = {
    "audit.log",
    "bus.replies",
    "control.commands",
    "control.events",
    "dead.letter",
    "scene.versions",
    "sim.checkpoints",
    "sim.commands",
    "sim.horizons",
    "sim.journal",
    "sim.keyframes",
    "sim.predictions",
    "sim.requests",
    "sim.sealed",
    "twin.specs",
    "twin.status",
    PUBLIC,
}
"""Topics of which somebody has thought what their poison does."""


def test_a_new_topic_needs_its_row() -> None:
    assert set(topics()) == PROBED
    assert set(expected()) == PROBED


def test_what_a_good_record_is_made_from_is_a_type_of_its_topic() -> None:
    for topic, spec in catalogue().items():
        assert TYPES.get(topic, spec.types[0]) in spec.types


def test_every_kind_has_an_outcome_on_every_topic() -> None:
    assert {(topic, kind) for topic, kinds in expected().items() for kind in kinds} == {
        (topic, kind) for topic in PROBED for kind in KINDS
    }


def test_what_is_to_be_done_is_never_lost_without_a_word() -> None:
    for topic in ("control.commands", "sim.commands"):
        assert NOTHING not in set(expected()[topic].values())
