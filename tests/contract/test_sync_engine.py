"""Every example of what the sync engine reads, through the whole engine on a bus in memory."""

import asyncio
import uuid
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest
from contract_support.table import Case, each

from sync_engine.bootstrap import build
from sync_engine.bootstrap_archivist import build as build_archivist
from twin_common.blobs import MemoryBlobs
from twin_common.bus.envelope import Envelope
from twin_common.bus.memory import MemoryBus
from twin_common.bus.topics import create_topics
from twin_common.bus.types import NewTopic
from twin_common.clock import SystemClock
from twin_common.definition import parse_twin
from twin_common.health import Health
from twin_common.identity import Principal
from twin_common.metrics import Metrics
from twin_common.settings import Settings
from twin_common.settings.retention import Retention
from twin_schemas import codec, examples
from twin_schemas.catalogue import catalogue
from twin_schemas.errors import SchemaError
from twin_schemas.records import (
    CommandRefused,
    Desired,
    Epoch,
    GridSegment,
    IncarnationRequested,
    ObservationFrame,
    SetRate,
    SourcesAcquired,
    TwinGenesis,
)

CONSUMER = "sync-engine"
PREFIX = "hanzo.twin"
GOOD = str(uuid.UUID(int=9))
STANDALONE = "name: {name}\nscene: {{uri: s.usda}}\nengine: {{type: mujoco}}\nsync: {{mode: standalone}}\n"

EFFECT, GOES_ON = "effect", "goes on"

# A command ends as a record of the journal with its id, or as a refusal that names it; of everything else no
# single effect is asked, only that its twin disturbs no other and the engine goes on.
OUTCOMES = {
    ("sim.commands", "IncarnationRequested"): EFFECT,
    ("sim.commands", "SetJointCommand"): EFFECT,
    ("sim.commands", "ApplyParameters"): EFFECT,
    ("sim.commands", "ResetState"): EFFECT,
    ("sim.commands", "SetRate"): EFFECT,
    ("twin.specs", "TwinSpec"): GOES_ON,
    ("sim.predictions", "PredictionFrame"): GOES_ON,
    ("sim.checkpoints", "CheckpointTaken"): GOES_ON,
    ("sim.keyframes", "KeyframeTaken"): GOES_ON,
    ("sim.sealed", "JournalSealed"): GOES_ON,
    **{
        ("sim.journal", kind): GOES_ON
        for kind in (
            "TwinGenesis", "SourcesAcquired", "GridSegment", "ObservationFrame", "JointCommand",
            "ParametersApplied", "StateReset", "SourceQuorum", "SourceClock", "Stopped", "Resumed",
            "TimeDiscontinuity", "RevisionApplied",
        )
    },
}  # fmt: skip


class World:
    """A bus, and the voices of everybody else."""

    def __init__(self, bus, producer):
        self.bus, self.producer = bus, producer

    async def send(self, topic, key, record, partition=0, org=None):
        headers = ()
        if org is not None:
            headers = Envelope.new(type=type(record).__name__, source="test", org=org, subject=key).headers()
        sent = await self.producer.send(
            f"{PREFIX}.{topic}",
            key=key.encode(),
            value=codec.encode(record),
            partition=partition,
            headers=headers,
        )
        return sent.offset

    async def specify(self, twin, *, name="pendulum", org="acme", revision=1, desired=Desired.RUNNING):
        definition = parse_twin(STANDALONE.format(name=name)).canonical_json()
        spec = replace(
            examples.load("TwinSpec")["minimal"],
            twin=twin, org=org, name=name, revision=revision, desired=desired, partition=0, definition=definition,
        )  # fmt: skip
        async with await self.bus.admin() as admin:
            await admin.create_topics([NewTopic(f"{PREFIX}.{name}", 1)])
        await self.send("twin.specs", twin, spec)
        return spec

    async def incarnate(self, spec):
        request = replace(
            examples.load("IncarnationRequested")["full"],
            twin=spec.twin, org=spec.org, name=spec.name, revision=spec.revision, request_id=str(uuid.uuid4()),
        )  # fmt: skip
        await self.send("sim.commands", spec.twin, request, org=spec.org)

    async def running(self, twin, **of_spec):
        spec = await self.specify(twin, **of_spec)
        await self.incarnate(spec)
        await self.until(lambda: self.frames(twin))
        return spec

    def read(self, topic, twin=None):
        for record in self.bus.records(f"{PREFIX}.{topic}"):
            if record.value is not None and twin in (None, (record.key or b"").decode()):
                with suppress(SchemaError):
                    yield codec.decode(record.value)

    def frames(self, twin):
        return sum(isinstance(record, ObservationFrame) for record in self.read("sim.journal", twin))

    @staticmethod
    async def until(holds):
        async with asyncio.timeout(20):
            while True:
                if holds():
                    return
                await asyncio.sleep(0.01)

    async def other_runs(self):
        """Another twin on the same partition starts, and goes on."""
        await self.running(GOOD, name="good")
        before = self.frames(GOOD)
        await self.until(lambda: self.frames(GOOD) > before)


class Anybody:
    """Lets everybody do everything: who may is asked elsewhere."""

    async def authenticate(self, token, at_ns):
        return Principal("acme", "tester", "twin-admin")

    async def check(self, token, org, action, at_ns, *, actor=None):
        return Principal(org, "tester", "twin-admin")

    async def close(self):
        pass


@pytest.fixture
async def world():
    bus = MemoryBus()
    async with await bus.admin() as admin:
        await create_topics(admin, catalogue(), PREFIX, partitions=1)
    async with await bus.producer() as producer:
        yield World(bus, producer)


@asynccontextmanager
async def engine(world):
    """A running sync engine; its end shows whatever ended it."""
    settings = Settings.model_validate({"metrics": {"enabled": False}})
    stop = asyncio.Event()
    running = asyncio.create_task(
        build(settings, bus=world.bus, blobs=MemoryBlobs(), guard=Anybody()).run(stop)
    )
    try:
        yield
    except TimeoutError:
        if running.done():
            running.result()
        raise
    finally:
        stop.set()
        await asyncio.wait_for(running, 20)


@each(CONSUMER, "twin.specs")
async def test_a_spec_disturbs_no_other(world, case: Case):
    async with engine(world):
        await world.send("twin.specs", case.record.twin, case.record)
        await world.other_runs()


@each(CONSUMER, "sim.commands")
async def test_a_command_ends_in_the_journal_or_in_a_refusal(world, case: Case):
    command = case.record
    org = getattr(command, "org", "acme")
    request = isinstance(command, IncarnationRequested)
    field = "request_id" if request else "command_id"

    def to_another(number):
        identity = str(uuid.UUID(int=number))
        return replace(command, twin=identity, **{field: identity})

    async with engine(world):
        running, stopped, unknown = command, to_another(1), to_another(2)
        await world.running(running.twin, org=org, revision=getattr(command, "revision", 1))
        await world.specify(stopped.twin, name="stopped", org=org, desired=Desired.STOPPED)
        for each_of in (running, stopped, unknown):
            await world.send("sim.commands", each_of.twin, each_of, org=org)
        await world.other_runs()
        assert OUTCOMES[case.topic, case.type] == EFFECT
        # Who doesn't run is not incarnated: those requests wait for a spec that asks for it.
        for each_of in (running,) if request else (running, stopped, unknown):
            await world.until(lambda sent=each_of: ended(world, sent))


def ended(world, command) -> bool:
    """Whether a command is in the journal, or refused by its id."""
    journal = list(world.read("sim.journal", command.twin))
    if isinstance(command, IncarnationRequested):
        return any(isinstance(r, TwinGenesis) and r.request_id == command.request_id for r in journal)
    refusals = [r for r in world.read("control.events") if isinstance(r, CommandRefused)]
    rate = isinstance(command, SetRate) and any(isinstance(r, GridSegment) for r in journal)
    return rate or any(getattr(r, "command_id", None) == command.command_id for r in journal + refusals)


@each(CONSUMER, "sim.journal")
@pytest.mark.parametrize("when", ["before", "while"])
async def test_a_journal_record_disturbs_no_other_twin(world, case: Case, when):
    record = case.record
    as_it_is, in_force = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
    epoch = Epoch(1, "writer-a")
    if when == "before":
        await world.send("sim.journal", as_it_is, record)
        await world.send("sim.journal", in_force, SourcesAcquired(epoch, -1, 0, 0))
        genesis = replace(examples.load("TwinGenesis")["full"], epoch=epoch, twin=in_force)
        await world.send("sim.journal", in_force, genesis)
        await world.send("sim.journal", in_force, replace(record, epoch=epoch))
    async with engine(world):
        for twin, name in ((as_it_is, "as-it-is"), (in_force, "in-force")):
            await world.incarnate(await world.specify(twin, name=name))
        if when == "while":
            await world.until(lambda: world.frames(as_it_is) and world.frames(in_force))
            held = [r.epoch for r in world.read("sim.journal", in_force) if isinstance(r, SourcesAcquired)]
            await world.send("sim.journal", as_it_is, record)
            await world.send("sim.journal", in_force, replace(record, epoch=held[-1]))
        await world.other_runs()


@each(CONSUMER, "sim.predictions")
@pytest.mark.parametrize("in_force", [False, True])
async def test_a_prediction_disturbs_no_other_twin(world, case: Case, in_force):
    frame = case.record
    twin = examples.load("TwinSpec")["minimal"].twin
    if in_force:
        frame = replace(frame, incarnation=1, epoch=1)
    async with engine(world):
        await world.running(twin)
        await world.send("sim.predictions", twin, frame)
        await world.other_runs()


@each(CONSUMER, "sim.checkpoints")
async def test_a_checkpoint_disturbs_no_twin_not_even_its_own(world, case: Case):
    taken = case.record
    await world.send("sim.checkpoints", f"{taken.twin}/{taken.incarnation}/{taken.slot}", taken)
    async with engine(world):
        await world.specify(taken.twin)
        await world.other_runs()


@each(CONSUMER, "sim.sealed", "sim.keyframes")
async def test_what_is_kept_of_journals_does_not_keep_an_archivist_from_its_work(world, case: Case):
    await world.send(case.topic, "0/0/0" if case.topic == "sim.sealed" else case.record.twin, case.record)
    for _ in range(3):
        await world.send("sim.journal", GOOD, examples.load("Stopped")["full"])
    retention = Retention(seal_after_s=0.001, seal_bytes=1000, sealed_days=1e-9)
    blobs, stop, clock = MemoryBlobs(), asyncio.Event(), SystemClock()
    archivist = build_archivist(
        Settings(retention=retention), bus=world.bus, blobs=blobs, clock=clock, health=Health(clock),
        metrics=Metrics(process=False), instance="one",
    )  # fmt: skip
    running = asyncio.create_task(archivist.run(stop))
    try:
        await world.until(lambda: any(sealed(world)))
        await archivist.expiry.sweep({0})
    finally:
        stop.set()
        await asyncio.wait_for(running, 20)


def sealed(world):
    """The ranges of what the test has written."""
    return (record for record in world.read("sim.sealed") if record.twins == [GOOD])
