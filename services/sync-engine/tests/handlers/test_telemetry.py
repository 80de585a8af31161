"""What a twin's session counts, as metrics."""

import uuid

import pytest

from sync_engine.domain.limits import Limits
from sync_engine.domain.report import status_of
from sync_engine.domain.session import TwinSession
from sync_engine.handlers.telemetry import Telemetry
from twin_common import metrics_table as m
from twin_common.definition import TwinDefinition
from twin_common.metrics import Metrics
from twin_schemas.records import Desired, TwinSpec
from twin_sim.journal import JournalTail

MS = 1_000_000
SOURCE = {"type": "mqtt", "name": "arm", "broker": "mqtt://127.0.0.1:1883", "topic": "arm/#", "mapping": {}}


@pytest.fixture
def session() -> TwinSession:
    definition = TwinDefinition.model_validate(
        {
            "name": "arm",
            "scene": {"uri": "a.usda"},
            "engine": {"type": "mujoco"},
            "sync": {"sources": [SOURCE | {"mapping": {"elbow": "/Arm/elbow.position"}}]},
        }
    )
    spec = TwinSpec(
        str(uuid.UUID(int=1)), "acme", "arm", 1, Desired.RUNNING, "default", 0, "s", 1, "d" * 64, "a.usda",
        definition.canonical_json(), 1, created_ns=1,
    )  # fmt: skip
    return TwinSession(spec, definition, JournalTail(), "writer", Limits())


def test_each_report_adds_what_came_since_the_last(session):
    metrics = Metrics(process=False)
    telemetry = Telemetry(metrics)
    for _ in range(2):
        session.receive(0, "arm/elbow", b"1", 5)
        session.tally.drop("arm", 3, 2)
        session.tally.repeat("arm", 5)
        session.tally.lose_link("arm", "the broker has gone")
        session.tally.discard("stopped", 4)
        session.account.closed(7, 10 * MS, 0, 12 * MS)
        session.account.published(7, 30 * MS)
        telemetry.report(session)
        session.account.summary()
    assert metrics.value(m.SYNC_MESSAGES, twin="arm", direction="in") == 2
    assert metrics.value(m.SOURCE_DROPPED, twin="arm", source="arm") == 6
    assert metrics.value(m.SOURCE_REPEATED, twin="arm", source="arm") == 10
    assert metrics.value(m.SOURCE_LINK_LOST, twin="arm", source="arm") == 2
    assert metrics.value(m.SYNC_REFUSED, twin="arm", reason="discarded") == 8
    assert metrics.value(m.SYNC_LATENCY, twin="arm") == 2
    assert metrics.value(m.FRAME_WAIT, twin="arm") == 2


def test_a_status_tells_readings_that_came_again_from_predictions_that_did(session):
    session.tally.repeat("arm", 5)
    session.publication.repeated = 2
    counts = status_of(session, "engine", 1).counts
    assert (counts["readings_repeated"], counts["readings_repeated.arm"], counts["repeated"]) == (5, 5, 2)


def test_another_session_of_the_twin_counts_on(session):
    metrics = Metrics(process=False)
    telemetry = Telemetry(metrics)
    session.tally.drop("arm", 3, 2)
    telemetry.report(session)
    telemetry.keep(set())  # its journal is being taken over again
    after = TwinSession(session.spec, session.definition, JournalTail(), "writer", Limits(), session.tally)
    telemetry.report(after)
    assert metrics.value(m.SOURCE_DROPPED, twin="arm", source="arm") == 3
