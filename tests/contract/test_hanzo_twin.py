"""Every example of what the client reads, through everything that reads it."""

import asyncio
import time
import uuid
from dataclasses import replace

import pytest
from contract_support.table import Case, each
from rich.console import Console

from hanzo_twin.audit import AuditError, account
from hanzo_twin.audit.collect import collect
from hanzo_twin.bus import open_twins
from hanzo_twin.bus.records import item
from hanzo_twin.errors import ControlCommandRefused, HanzoTwinError
from hanzo_twin.launch.settle import wait_running, wait_stopped
from hanzo_twin.live.show import view_json
from hanzo_twin.live.table import render
from hanzo_twin.live.watch import watching
from hanzo_twin.replay import verify
from hanzo_twin.replay.source import gather
from twin_common.blobs import MemoryBlobs
from twin_common.bus.envelope import Envelope
from twin_common.bus.memory import MemoryBus
from twin_common.bus.topics import create_topics
from twin_common.bus.types import NewTopic
from twin_common.errors import TwinError
from twin_common.settings import Settings
from twin_schemas import codec, examples
from twin_schemas.catalogue import catalogue
from twin_schemas.records import (
    CheckpointTaken,
    ControlAccepted,
    ControlRefused,
    Epoch,
    ObservationFrame,
    SimPhase,
    SimStatus,
    SourcesAcquired,
)
from twin_sim.fold import Unfoldable
from twin_sim.testing.cart import open_cart

CONSUMER = "hanzo-twin"
PREFIX = "hanzo.twin"
SPEC = examples.load("TwinSpec")["minimal"]
TYPED = (TwinError, HanzoTwinError, AuditError)

LISTED, SHOWN, ANSWER, IGNORED, SETTLED, READ = "listed", "shown", "answer", "ignored", "settled", "read"
OUTCOMES = {
    ("twin.specs", "TwinSpec"): LISTED,
    ("twin.status", "SimStatus"): SHOWN,
    ("twin.status", "SyncStatus"): SHOWN,
    ("twin.status", "ControlStatus"): IGNORED,
    ("_public", "TwinPrediction"): SHOWN,
    ("control.events", "IncarnationBegan"): IGNORED,
    ("control.events", "ControlAccepted"): ANSWER,
    ("control.events", "ControlRefused"): ANSWER,
    ("control.events", "TwinPhaseChanged"): IGNORED,
    ("control.events", "TwinRevised"): IGNORED,
    ("control.events", "SceneValidated"): IGNORED,
    ("control.events", "CommandApplied"): IGNORED,
    ("control.events", "CommandRefused"): IGNORED,
    ("sim.predictions", "PredictionFrame"): SETTLED,
    ("sim.horizons", "HorizonFrame"): READ,
    ("sim.horizons", "HorizonResidual"): READ,
    ("sim.checkpoints", "CheckpointTaken"): SETTLED,
    ("sim.keyframes", "KeyframeTaken"): READ,
    ("sim.sealed", "JournalSealed"): READ,
    ("dead.letter", "DeadLetter"): READ,  # commands show these through the API: here only their reading is tested
    ("dead.letter", "DeadLetterRedriven"): READ,
    ("scene.versions", "SceneVersion"): READ,
    ("scene.versions", "SceneProposal"): READ,
    **{
        ("sim.journal", kind): SETTLED
        for kind in (
            "TwinGenesis", "SourcesAcquired", "GridSegment", "ObservationFrame", "JointCommand",
            "ParametersApplied", "RevisionApplied", "StateReset", "SourceQuorum", "SourceClock", "Stopped", "Resumed",
            "TimeDiscontinuity",
        )
    },
}  # fmt: skip


class World:
    """A bus with one twin on it, and a client."""

    def __init__(self, bus, producer, twins):
        self.bus, self.producer, self.twins = bus, producer, twins

    async def send(self, topic, key, record, headers=()):
        partition = SPEC.partition if topic.startswith("sim.") else None
        await self.producer.send(
            f"{PREFIX}.{topic}",
            key=key.encode(),
            value=codec.encode(record),
            headers=headers,
            partition=partition,
        )


@pytest.fixture
async def world():
    bus = MemoryBus()
    async with await bus.admin() as admin:
        await create_topics(admin, catalogue(), PREFIX)
        await admin.create_topics([NewTopic(f"{PREFIX}.{SPEC.name}", 1)])
    settings = Settings.model_validate({"security": {"organization": "acme"}})
    async with await bus.producer() as producer, await open_twins(settings, bus) as twins:
        made = World(bus, producer, twins)
        await made.send("twin.specs", SPEC.twin, SPEC)
        yield made


def shown(twin, view):
    """Whatever can be drawn is drawn, and told as JSON."""
    view_json(view)
    Console(quiet=True).print(render(twin, view))


@each(CONSUMER, "twin.specs")
async def test_a_spec_is_listed_and_found(world, case: Case):
    spec = replace(case.record, twin=str(uuid.uuid4()), name="another")
    await world.send("twin.specs", spec.twin, spec)
    assert await world.twins.find("twin-another") == spec
    assert await world.twins.find(SPEC.name) == SPEC
    assert [each_of.spec.name for each_of in await world.twins.directory.reported()] == ["another", SPEC.name]


@each(CONSUMER, "twin.status")
async def test_a_status_is_shown_while_it_changes(world, case: Case):
    status = replace(case.record, twin=SPEC.twin)
    key = f"{SPEC.twin}/{'sim' if isinstance(status, SimStatus) else 'sync'}"
    async with watching(world.twins, SPEC) as model:
        await world.send("twin.status", key, status)
        if isinstance(status, SimStatus) and status.phase is SimPhase.PARKED:
            await wait_stopped(world.twins, SPEC, timeout=10)
        later = replace(examples.load("SimStatus")["full"], twin=SPEC.twin, phase=SimPhase.RUNNING)
        await world.twins.directory.reported()
        shown(SPEC.name, model.reported(time.time_ns()))
        await world.send("twin.status", f"{SPEC.twin}/sim", later)
        await wait_running(world.twins, SPEC, timeout=10)
        shown(SPEC.name, model.view(time.time_ns()))


@each(CONSUMER, "_public")
async def test_a_prediction_is_shown(world, case: Case):
    async with watching(world.twins, SPEC) as model:
        async with asyncio.timeout(10):
            while model.view(time.time_ns()).predictions == 0:  # a follower begins at the end of the stream
                await world.send(SPEC.name, SPEC.twin, case.record)
                await asyncio.sleep(0.01)
        shown(SPEC.name, model.view(time.time_ns()))
    read = await world.twins.streams.read_public(SPEC)
    assert read[0].record == case.record


@each(CONSUMER, "control.events")
async def test_an_event_is_the_answer_or_is_passed_over(world, case: Case):
    asking = asyncio.create_task(world.twins.start(SPEC.twin))
    async with asyncio.timeout(10):
        while not (asked := world.bus.records(f"{PREFIX}.control.commands")):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    command = Envelope.parse(asked[0].headers)

    async def say(record):
        headers = command.caused(type=type(record).__name__, source="test", subject=SPEC.twin).headers()
        await world.send("control.events", SPEC.twin, record, headers)

    await say(case.record)
    final = ControlAccepted("StartTwin", SPEC.twin, SPEC.name, 7)
    await say(final)
    if isinstance(case.record, ControlRefused):
        with pytest.raises(ControlCommandRefused):
            await asking
    else:
        wanted = case.record if OUTCOMES[case.topic, case.type] == ANSWER else final
        assert await asking == wanted


@each(CONSUMER, "sim.horizons")
async def test_a_forecast_is_read(world, case: Case):
    await world.send("sim.horizons", SPEC.twin, case.record)
    (read,) = await world.twins.streams.read_horizons(SPEC)
    assert read.record == case.record


@each(CONSUMER, "dead.letter", "scene.versions", "sim.keyframes", "sim.sealed")
async def test_a_record_that_only_programs_look_at_is_read(world, case: Case):
    await world.send(case.topic, "any", case.record)
    (record,) = world.bus.records(f"{PREFIX}.{case.topic}")
    read = item(record, type(case.record))
    assert read is not None
    assert read.record == case.record


async def audited(world) -> None:
    """Settles an account and folds the journal again; both may say in a typed error why they can't."""
    evidence = await collect(world.twins, SPEC, until_ms=0)
    window = (0, 2**62)
    try:
        account(
            evidence.journal,
            evidence.predictions,
            evidence.public,
            window_ms=window,
            budget_ms=50,
            killed_ms=1,
        )
    except AuditError as error:
        assert str(error)
    blobs = MemoryBlobs()
    try:
        await gather(world.twins, SPEC, blobs, blobs)
    except TYPED as error:
        assert str(error)
    journal, unreadable = await world.twins.streams.read_whole_journal(SPEC)
    assert len(journal) == len(evidence.journal)
    assert not unreadable
    snapshots = [
        (read.record.snapshot, read.record.digest)
        for read in await world.twins.streams.read_checkpoints(SPEC)
        if read.record.snapshot is not None
    ]
    verify(evidence.journal, evidence.predictions, snapshots, open_model)


def open_model(genesis, overrides):
    """Carts are all that is simulated here; a genesis of another kind is as foreign as to a worker."""
    try:
        return open_cart(genesis, overrides)
    except AssertionError:
        raise Unfoldable("model", "there is no such model") from None


async def begin(world) -> Epoch:
    """A journal with a writer, a genesis and a frame."""
    epoch = Epoch(1, "writer-a")
    await world.send("sim.journal", SPEC.twin, SourcesAcquired(epoch, -1, 0, 0))
    await world.send("sim.journal", SPEC.twin, replace(examples.load("TwinGenesis")["full"], epoch=epoch))
    await world.send("sim.journal", SPEC.twin, ObservationFrame(epoch, 0, [], -1))
    return epoch


@each(CONSUMER, "sim.journal")
@pytest.mark.parametrize("in_force", [False, True])
async def test_a_journal_record_is_audited_and_folded_again(world, case: Case, in_force):
    epoch = await begin(world)
    record = replace(case.record, epoch=epoch) if in_force else case.record
    await world.send("sim.journal", SPEC.twin, record)
    await world.send("sim.journal", SPEC.twin, ObservationFrame(epoch, 1, [], -1))
    assert (await world.twins.streams.read_journal(SPEC))[3].record == record
    await audited(world)


@each(CONSUMER, "sim.predictions")
@pytest.mark.parametrize("in_force", [False, True])
async def test_a_prediction_is_audited_and_compared(world, case: Case, in_force):
    await begin(world)
    frame = case.record
    if in_force:
        frame = replace(frame, incarnation=examples.load("TwinGenesis")["full"].incarnation, offset=2)
    await world.send("sim.predictions", SPEC.twin, frame)
    assert [read.record for read in await world.twins.streams.read_predictions(SPEC)] == [frame]
    await audited(world)


@each(CONSUMER, "sim.checkpoints")
async def test_a_checkpoint_is_read_and_compared(world, case: Case):
    await begin(world)
    taken: CheckpointTaken = case.record
    key = f"{SPEC.twin}/{taken.incarnation}/{taken.slot}"
    await world.send("sim.checkpoints", key, taken)
    assert [read.record for read in await world.twins.streams.read_checkpoints(SPEC)] == [taken]
    await audited(world)
