"""One twin under one writer, with every time handed in."""

import uuid
from dataclasses import replace

import pytest

from sync_engine.domain.limits import Limits
from sync_engine.domain.session import NEVER_NS, TwinSession
from sync_engine.errors import CommandRejected
from twin_common.definition import TwinDefinition
from twin_schemas.records import (
    ApplyParameters,
    Assimilation,
    Channel,
    ChannelKind,
    ChannelRole,
    Desired,
    FoldConfig,
    GridSegment,
    IncarnationRequested,
    JointMode,
    JointTarget,
    ObservationFrame,
    ParametersApplied,
    PortableState,
    Resumed,
    SetJointCommand,
    SetRate,
    SourceClock,
    Stamps,
    Stopped,
    TimeDiscontinuity,
    TwinGenesis,
    TwinSpec,
)
from twin_sim.journal import JournalTail, tick_time

S, MS = 1_000_000_000, 1_000_000
START = 1_700_000_000 * S
TWIN = str(uuid.UUID(int=1))
DEFINITION = TwinDefinition.model_validate(
    {
        "name": "arm",
        "scene": {"uri": "a.usda"},
        "engine": {"type": "mujoco"},
        "sync": {
            "sources": [
                {
                    "type": "mqtt",
                    "name": "arm",
                    "broker": "mqtt://127.0.0.1:1883",
                    "topic": "arm/#",
                    "mapping": {"elbow": {"target": "/Arm/elbow.position", "time": "t", "time_unit": "ns"}},
                }
            ]
        },
    }
)
REQUEST = IncarnationRequested(
    TWIN,
    "local",
    "arm",
    1,
    "request",
    Stamps("mujoco", "3", "cpu", 1, "s", "m"),
    7,
    [Channel(0, "/Arm/elbow", ChannelKind.POSITION, "rad", ChannelRole.OBSERVED)],
    FoldConfig(240, 1, [], 50, Assimilation.NUDGE, {}, 8, 2, 100, S, S, 6, 15),
    reason="first",
)

STATE = PortableState(
    incarnation=1,
    offset=40,
    tick=29,
    time_ns=START,
    stamps=REQUEST.stamps,
    values={"/Arm/elbow.position": [0.5], "/Arm/elbow.velocity": [1.0]},
    targets=[],
    inputs={},
    parameter_version=3,
    overrides={"/Arm/fore.mass": 2.0},
    pending=[],
    commands_offset=4,
)
ANOTHER = replace(
    REQUEST,
    request_id="another",
    stamps=replace(REQUEST.stamps, engine_build="4"),
    state=STATE,
    state_digest="d" * 64,
    reason="new incarnation: engine build 3 → 4",
)


def spec(desired: Desired = Desired.RUNNING) -> TwinSpec:
    text = DEFINITION.canonical_json()
    return TwinSpec(TWIN, "local", "arm", 1, desired, "default", 0, "s", 1, "d", "a.usda", text, 7, START)


class Journal:
    """What a session wrote, and a tail that reads it as any reader would."""

    def __init__(self) -> None:
        self.records: list = []

    def tail(self) -> JournalTail:
        tail = JournalTail()
        for offset, record in enumerate(self.records):
            assert tail.observe(offset, record)
        return tail

    def take_over(self, now: int, desired: Desired = Desired.RUNNING, writer: str = "w") -> TwinSession:
        tail = self.tail()
        session = TwinSession(spec(desired), DEFINITION, tail, writer, Limits())
        acquired = session.acquire(now, 5)
        self.records.append(acquired)
        assert tail.observe(len(self.records) - 1, acquired)
        self.records += session.own(now)
        return session

    def of(self, kind) -> list:
        return [record for record in self.records if isinstance(record, kind)]


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def session(journal) -> TwinSession:
    one = journal.take_over(START)
    journal.records += one.incarnate(REQUEST, START)
    journal.records += one.advance(START + S)
    return one


def test_before_the_genesis_nothing_is_due(journal):
    one = journal.take_over(START)
    one.receive(0, "arm/elbow", b'{"value": 1, "t": 5}', START)
    assert one.due_ns == NEVER_NS
    assert one.tally.counts["before_genesis"] == 1


def test_a_successor_goes_on_at_the_next_tick_of_the_same_grid(journal, session):
    before = journal.tail()
    journal.take_over(START + 1500 * MS, writer="x")
    after = journal.of(ObservationFrame)[before.tick + 1 :]
    assert [frame.tick for frame in after] == list(range(before.tick + 1, before.tick + 1 + len(after)))
    assert after[0].gap
    assert journal.tail().grid == before.grid


def test_a_successor_after_a_long_time_names_the_ticks_that_nobody_had(journal, session):
    before = journal.tail()
    journal.take_over(START + 60 * S, writer="x")
    (skipped,) = journal.of(TimeDiscontinuity)
    assert skipped.first_tick == before.tick + 1
    assert (
        tick_time(before.grid, skipped.last_tick)
        <= START + 60 * S
        < tick_time(before.grid, skipped.last_tick + 1)
    )


def test_a_successor_whose_clock_is_an_hour_behind_goes_on_all_the_same(journal, session):
    late = journal.take_over(START - 3600 * S, writer="x")
    before = len(journal.of(ObservationFrame))
    while late.due_ns < START - 3600 * S + S:
        journal.records += late.advance(late.due_ns)
    frames = journal.of(ObservationFrame)[before:]
    assert len(frames) in (29, 30, 31)
    assert not any(frame.gap for frame in frames)
    assert not journal.of(TimeDiscontinuity)


def test_stopping_and_resuming_is_told_and_the_ticks_go_on(journal, session):
    journal.records += session.follow(spec(Desired.STOPPED), DEFINITION, START + 2 * S)
    assert session.due_ns == NEVER_NS
    journal.records += session.follow(spec(), DEFINITION, START + 20 * S)
    (stopped,), (resumed,) = journal.of(Stopped), journal.of(Resumed)
    assert (resumed.grid.tick, resumed.grid.time_ns) == (stopped.tick + 1, START + 20 * S)


def test_a_successor_of_a_stopped_twin_writes_no_tick(journal, session):
    journal.records += session.follow(spec(Desired.STOPPED), DEFINITION, START + 2 * S)
    count = len(journal.records)
    successor = journal.take_over(START + 30 * S, Desired.STOPPED, "x")
    assert len(journal.records) == count + 1
    journal.records += successor.follow(spec(), DEFINITION, START + 31 * S)
    assert journal.of(Resumed)[-1].grid.time_ns == START + 31 * S


def test_a_twin_that_should_stop_while_nobody_was_there_stops_without_a_gap(journal, session):
    journal.take_over(START + 30 * S, Desired.STOPPED, "x")
    assert not journal.of(TimeDiscontinuity)
    assert len(journal.of(Stopped)) == 1


def test_a_clock_that_is_off_is_recorded_before_the_frames_that_it_corrects(journal, session):
    now = START + S
    for index in range(60):
        now += 33 * MS
        session.receive(0, "arm/elbow", b'{"value": %d, "t": %d}' % (index, now - 3600 * S), now)
        journal.records += session.advance(now)
    (clock,) = journal.of(SourceClock)
    assert (clock.source, clock.offset_ns) == ("arm", -3600 * S)
    assert journal.take_over(now, writer="x").intakes[0].clock.offset_ns == -3600 * S


def test_a_rate_that_was_asked_for_survives_the_writer(journal, session):
    journal.records += session.command(SetRate(TWIN, "rate", 10, 1, "slow"), 5, "local")
    journal.take_over(START + 2 * S, writer="x")
    assert journal.tail().grid.rate_num == 10
    assert [segment.reason for segment in journal.of(GridSegment)] == ["rate"]


def test_a_rate_that_was_asked_for_ends_with_the_stop(journal, session):
    journal.records += session.command(SetRate(TWIN, "rate", 10, 1, "slow"), 5, "local")
    journal.records += session.follow(spec(Desired.STOPPED), DEFINITION, START + 2 * S)
    journal.records += session.follow(spec(), DEFINITION, START + 3 * S)
    assert journal.tail().grid.rate_num == 30


def test_a_fenced_session_writes_nothing_more(journal, session):
    session.fence()
    assert session.advance(START + 9 * S) == []
    assert session.follow(spec(Desired.STOPPED), DEFINITION, START + 9 * S) == []
    assert session.incarnate(REQUEST, START + 9 * S) == []


@pytest.mark.parametrize(
    ("bad", "code"),
    [(SetRate(TWIN, "a", 0, 1, "x"), "bad_rate"), (SetJointCommand(TWIN, "a", []), "no_targets")],
)
def test_a_refused_command_that_comes_again_is_refused_again(session, bad, code):
    for _ in range(2):  # its refusal couldn't be published the first time
        with pytest.raises(CommandRejected) as refused:
            session.command(bad, 5, "local")
        assert refused.value.code == code


def test_a_command_refused_while_stopped_is_taken_after_the_start_and_then_once(session):
    command = SetJointCommand(TWIN, "a", [JointTarget("/Arm/elbow", JointMode.EFFORT, 1.0)])
    session.follow(spec(Desired.STOPPED), DEFINITION, START + 2 * S)
    with pytest.raises(CommandRejected, match="start it first"):
        session.command(command, 5, "local")
    session.follow(spec(), DEFINITION, START + 3 * S)
    assert [record.command_id for record in session.command(command, 6, "local")] == ["a"]
    assert session.command(command, 7, "local") == []


def begun() -> tuple[Journal, TwinGenesis]:
    journal = Journal()
    session = journal.take_over(START)
    journal.records += session.incarnate(REQUEST, START)
    journal.records += session.advance(START + S)
    journal.records += session.incarnate(ANOTHER, START + S)
    journal.records += session.command(ApplyParameters(TWIN, "c-9", "", {"/Arm/fore.mass": 1.0}), 9, "local")
    return journal, journal.of(TwinGenesis)[-1]


def test_the_genesis_carries_the_state_and_the_reason() -> None:
    _, genesis = begun()
    assert (genesis.incarnation, genesis.state, genesis.state_digest) == (2, STATE, "d" * 64)
    assert genesis.reason == "new incarnation: engine build 3 → 4"


def test_parameter_versions_go_on_counting() -> None:
    journal, _ = begun()
    assert [applied.version for applied in journal.of(ParametersApplied)] == [4]


def test_every_reader_of_the_journal_knows_the_parameters_in_force() -> None:
    journal, _ = begun()
    journal.records.pop()
    tail = journal.tail()
    assert (tail.parameter_version, tail.overrides) == (3, {"/Arm/fore.mass": 2.0})
