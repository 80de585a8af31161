"""Every example of what the gateway reads, through everything in it that reads."""

import json
from dataclasses import replace

import pytest
from contract_support.table import each

from api_gateway.adapters.asking_sim import SimOutcomes
from api_gateway.adapters.audit_trail import BusTrail
from api_gateway.adapters.history import BusHistory
from api_gateway.adapters.ledger import Ledger
from api_gateway.adapters.letters import BusLetters
from api_gateway.adapters.read_model import BusReadModel
from api_gateway.adapters.replies import Replies
from api_gateway.adapters.streams import BusStreams
from api_gateway.domain.entries import Definition, TwinEntry
from api_gateway.domain.letters import LetterId, Viewer
from api_gateway.domain.question import Question
from twin_common.archive.anchors import anchors
from twin_common.archive.sealed import key_of, sealed_ranges
from twin_common.blobs import MemoryBlobs
from twin_common.bus.memory import MemoryBus
from twin_common.bus.topics import as_new_topic
from twin_common.bus.types import Record
from twin_common.clock import SystemClock
from twin_common.metrics import Metrics
from twin_schemas import codec, examples
from twin_schemas.catalogue import PUBLIC, public_topic, topic
from twin_schemas.records import DeadLetter, SceneProposal, SceneVersion, TwinSpec

CONSUMER = "api-gateway"
PREFIX = "hanzo.twin"
COMMAND = "0199a3c2-61b4-7e02-8a55-90c1d2e3f4ff"

SHOWN, KEPT, ANSWERED, PASSED = "shown", "kept", "answered", "passed over unless it is an outcome"
OUTCOMES = {
    (PUBLIC, "TwinPrediction"): SHOWN,
    ("twin.specs", "TwinSpec"): SHOWN,
    ("twin.status", "ControlStatus"): SHOWN,
    ("twin.status", "SimStatus"): SHOWN,
    ("twin.status", "SyncStatus"): SHOWN,
    ("scene.versions", "SceneVersion"): SHOWN,
    ("scene.versions", "SceneProposal"): SHOWN,
    ("audit.log", "AuditRecord"): KEPT,
    ("sim.sealed", "JournalSealed"): KEPT,
    ("sim.checkpoints", "CheckpointTaken"): KEPT,
    ("sim.keyframes", "KeyframeTaken"): KEPT,
    **{("sim.journal", kind): SHOWN for kind in topic("sim.journal").types},
    ("dead.letter", "DeadLetter"): KEPT,
    ("dead.letter", "DeadLetterRedriven"): KEPT,
    **{
        ("bus.replies", kind): ANSWERED
        for kind in ("ControlAccepted", "ControlRefused", "SceneValidated", "TwinState", "RequestRefused")
    },
    **{("control.events", kind): PASSED for kind in topic("control.events").types},
}


def read(name, key, record, offset=0):
    """The record as it comes from the broker."""
    headers = (
        ("ce_type", type(record).__name__.encode()),
        ("ce_causationid", COMMAND.encode()),
        ("ce_correlationid", b"mine"),
        ("ce_org", b"acme"),
    )
    physical = topic(name).physical(PREFIX)
    return Record(physical, 0, offset, key.encode(), codec.encode(record), headers, 0)


@pytest.fixture
def model():
    return BusReadModel(MemoryBus(), PREFIX, SystemClock(), 0.1)


@each(CONSUMER, "twin.specs", "twin.status")
def test_a_twin_is_shown_with_whatever_is_said_of_it(model, case):
    said = case.record
    full = examples.load("TwinSpec")["full"]
    spec = said if isinstance(said, TwinSpec) else replace(full, twin=said.twin, org=said.org)
    model.apply(read("twin.specs", spec.twin, spec))
    if said is not spec:
        part = case.type.removesuffix("Status").lower()
        model.apply(read("twin.status", f"{said.twin}/{part}", said, 1))
        assert getattr(model.twin(spec.org, spec.twin), part) == said
    entry = model.twin(spec.org, spec.twin)
    assert model.skipped == 0
    assert json.loads(entry.body)["id"] == spec.twin


@each(CONSUMER, "scene.versions")
def test_a_scene_is_shown_with_its_versions_and_proposals(model, case):
    said = case.record
    base = examples.load("SceneVersion")["full"]
    version = said if isinstance(said, SceneVersion) else replace(base, scene=said.scene, org=said.org)
    model.apply(read("scene.versions", f"{version.scene}/{version.version}", version))
    if isinstance(said, SceneProposal):
        model.apply(read("scene.versions", f"{said.scene}/proposal/{said.proposal}", said, 1))
    entry = model.scene(version.org, version.scene)
    assert model.skipped == 0
    assert said in (*entry.versions.values(), *entry.proposals.values())


@each(CONSUMER, "bus.replies")
async def test_an_answer_reaches_who_waits_for_it(case):
    replies = Replies(MemoryBus(), PREFIX, SystemClock(), Ledger(), 0)
    with replies.expecting(Question(COMMAND, "mine", "acme", "ann")) as answer:
        replies.apply(read("bus.replies", "mine", case.record))
        assert answer.result() == case.record


@each(CONSUMER, "control.events")
async def test_an_event_is_an_outcome_or_is_passed_over(case):
    outcomes = SimOutcomes(MemoryBus(), PREFIX, SystemClock(), Ledger())
    outcomes.follower.begun.set()
    with outcomes.expecting(Question(COMMAND, "mine", "acme", "ann")) as outcome:
        outcomes.apply(read("control.events", "twin", case.record))
        assert outcome.done() == (case.type in ("CommandApplied", "CommandRefused"))


@each(CONSUMER, "dead.letter")
async def test_a_dead_letter_is_kept_and_so_is_that_it_was_sent_again(case):
    letters = BusLetters(MemoryBus(), PREFIX, SystemClock(), 1.0)
    letters.follower.caught_up.set()
    said = case.record
    if isinstance(said, DeadLetter):
        letters.apply(read("dead.letter", "topic", said))
        found = await letters.find(Viewer(said.org or "local", ownerless=True), LetterId(0, 0))
        assert (found.code, found.message) == (said.code, said.message)
    else:
        letter = replace(examples.load("DeadLetter")["full"], org=said.org)
        at = replace(read("dead.letter", "topic", letter), partition=said.partition, offset=said.offset)
        letters.apply(at)
        letters.apply(read("dead.letter", "topic", said))
        found = await letters.find(Viewer(said.org, ownerless=False), LetterId(said.partition, said.offset))
        assert [times.actor for times in found.redriven] == [said.actor]


@each(CONSUMER, "audit.log")
async def test_a_decision_is_kept(case):
    bus = MemoryBus()
    async with await bus.admin() as admin, await bus.producer() as producer:
        await admin.create_topics([as_new_topic(topic("audit.log"), PREFIX)])
        where = topic("audit.log").physical(PREFIX)
        await producer.send(where, key=case.record.org.encode(), value=codec.encode(case.record))
    page = await BusTrail(bus, PREFIX).newest(case.record.org, None, 10)
    assert [noted.record for noted in page.decisions] == [case.record]


@each(CONSUMER, PUBLIC)
async def test_a_prediction_is_streamed(case):
    bus = MemoryBus()
    spec = replace(examples.load("TwinSpec")["full"], twin=case.record.twin, name="pendulum")
    async with await bus.admin() as admin, await bus.producer() as producer:
        await admin.create_topics([as_new_topic(public_topic("pendulum"), PREFIX)])
        where = public_topic("pendulum").physical(PREFIX)
        await producer.send(where, key=spec.twin.encode(), value=codec.encode(case.record))
    stream = await BusStreams(bus, PREFIX, 10, Metrics(process=False)).open(
        TwinEntry(spec, Definition(spec.definition)), None, "earliest"
    )
    try:
        told = await stream.next()
    finally:
        await stream.close()
    assert str(case.record.tick) in repr(told)


async def written(case, key):
    """A bus that holds the case's record, for partition 0."""
    bus = MemoryBus()
    wanted = ("sim.journal", "sim.sealed", "sim.checkpoints", "sim.keyframes")
    async with await bus.admin() as admin, await bus.producer() as producer:
        await admin.create_topics([as_new_topic(topic(name), PREFIX) for name in wanted])
        where = topic(case.topic).physical(PREFIX)
        await producer.send(where, key=key, value=codec.encode(case.record), partition=0)
    return bus


@each(CONSUMER, "sim.journal")
async def test_a_record_of_a_journal_is_shown(case):
    spec = replace(examples.load("TwinSpec")["full"], partition=0)
    bus = await written(case, spec.twin.encode())
    history = BusHistory(bus, PREFIX, MemoryBlobs())
    page = await history.page(TwinEntry(spec, Definition(spec.definition)), None, None, (), 10)
    assert [told.record for told in page.records] == [case.record]


@each(CONSUMER, "sim.checkpoints", "sim.keyframes")
async def test_a_state_is_where_the_past_can_be_entered(case):
    said = case.record
    bus = await written(case, f"{said.twin}/1/0".encode())
    (anchor,) = await anchors(bus, PREFIX, 0, said.twin)
    assert (anchor.record, anchor.offset) == (said, said.offset)


@each(CONSUMER, "sim.sealed")
async def test_a_sealed_range_is_known(case):
    bus = await written(case, key_of(case.record))
    assert await sealed_ranges(bus, PREFIX, [0]) == {0: [case.record]}
