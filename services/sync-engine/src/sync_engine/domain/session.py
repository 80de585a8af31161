"""One twin under this writer: from taking its journal over to letting it go (journal rules 2, 4, 5, 13, 21
and 23).
"""

from collections.abc import Iterable
from typing import Final, TypeVar

from sync_engine.domain.early import EarlyMessages, FramedReadings
from sync_engine.domain.frames import FrameBuilder
from sync_engine.domain.genesis import genesis_of
from sync_engine.domain.intake import clock_changes
from sync_engine.domain.journal_time import ahead_ns, ended_ns
from sync_engine.domain.latency import LatencyAccount
from sync_engine.domain.limits import Limits
from sync_engine.domain.parts import defined_rate, make_builder, make_intakes, make_quorum, same_rate
from sync_engine.domain.publication import Publication
from sync_engine.domain.revision import revised
from sync_engine.domain.sequencer import Sequencer, check_rate
from sync_engine.domain.taken import Command, Kept, TakenCommands
from sync_engine.domain.tally import Tally
from sync_engine.errors import CommandRejected
from twin_common.definition import TwinDefinition
from twin_schemas.records import (
    Desired,
    Epoch,
    Grid,
    IncarnationRequested,
    ObservationFrame,
    PredictionFrame,
    Resumed,
    SetRate,
    SourcesAcquired,
    Stopped,
    TwinGenesis,
    TwinPrediction,
    TwinSpec,
)
from twin_sim.journal import JournalRecord, JournalTail
from twin_sim.journal.grid import NS_PER_S

R = TypeVar("R", bound=JournalRecord)

NEVER_NS: Final = 2**63 - 1
"""A time that doesn't come."""


class TwinSession:
    """Decides what enters a twin's journal. Every method that returns records wants them appended, in
    order, at once.

    Times handed in are this process's; the session shifts them when the journal is ahead of this host's
    clock, so that ticks never go back.

    Attributes:
        spec: what should run.
        definition: the twin's definition.
        tail: what the journal says, up to our acquisition and then of our own records.
        epoch: ours; void until `own`.
        owned: our acquisition is in force.
        intakes: one for each source.
        publication: what of the predictions is public.
        account: latency.
        tally: counts and errors.
    """

    def __init__(
        self,
        spec: TwinSpec,
        definition: TwinDefinition,
        tail: JournalTail,
        writer: str,
        limits: Limits,
        tally: Tally | None = None,
        publication: Publication | None = None,
    ) -> None:
        """Begin with what the journal says so far; count and publish on where the session before this one was."""
        self.spec, self.definition, self.tail = spec, definition, tail
        self.epoch = Epoch(0, writer)
        self.owned = False
        self.tally = tally or Tally()
        self.publication = publication or Publication(spec.twin, spec.name)
        sync = definition.sync
        self.account = LatencyAccount(round(sync.latency_budget_ms * 1_000_000))
        self._limits = limits
        self.intakes = make_intakes(sync, tail, self.tally, limits)
        self._builder: FrameBuilder | None = None
        self._quorum = make_quorum(sync)
        self._sequencer = Sequencer(self.epoch, 0)
        self._taken = TakenCommands(limits.command_window)
        self._requested: IncarnationRequested | None = None
        self._commands_offset = -1
        self._shift_ns = 0

    # -- taking over and letting go

    def acquire(self, now_ns: int, monotonic_ns: int) -> SourcesAcquired:
        """The record that asks for the journal; the session owns it when that has come back in force."""
        held = self.tail.epoch
        self.owned, self._builder = False, None
        self.publication.since_ns = monotonic_ns
        self.epoch = Epoch((held.counter if held else 0) + 1, self.epoch.writer)
        self._shift(now_ns)
        return SourcesAcquired(self.epoch, self.tail.tick, now_ns + self._shift_ns, monotonic_ns)

    def own(
        self, now_ns: int, taken: Iterable[Kept] = (), early: EarlyMessages | None = None
    ) -> list[JournalRecord]:
        """Our acquisition is in force: go on where the journal ends. `taken` says what of commands is in it, `early`
        what sources have said meanwhile.
        """
        self.owned = True
        self.tally.taken_over(self.tail.tick)
        self._sequencer = Sequencer(self.epoch, self.tail.parameter_version, self.tail.commands_folded)
        self._taken = TakenCommands(self._limits.command_window, taken)
        self._commands_offset = max(self._commands_offset, self.tail.commands_offset)
        self._shift(now_ns)
        if self.tail.genesis is not None:
            self._begin(self.tail.genesis)
            if not self.tail.stopped and self.spec.desired == Desired.RUNNING:
                self._builder = self._build(locked=True)
        records = self._reconcile(now_ns, begins=True)
        if early is not None:
            for message in early.take():
                self.receive(*message, early.framed)
            self.tally.taken_early(early)
        if self._builder is not None:
            records += self.advance(now_ns)
            self.account.forget()  # frames of a time when nobody was there tell nothing of latency
        return records

    def fence(self) -> None:
        """Somebody else writes this journal: nothing is written or published any more."""
        self.owned = False
        self._end("fenced")

    # -- what should be

    def follow(self, spec: TwinSpec, definition: TwinDefinition, now_ns: int) -> list[JournalRecord]:
        """The spec changed, its definition only in what a running twin can take."""
        self.spec, self.definition = spec, definition
        self.account.budget(round(definition.sync.latency_budget_ms * 1_000_000))
        if self._builder is not None:
            self._builder.hold(definition.sync.buffer_size)
        return self._reconcile(now_ns) if self.owned else []

    def incarnate(self, request: IncarnationRequested, now_ns: int) -> list[JournalRecord]:
        """A worker asks for an incarnation; one for a spec that hasn't come yet is kept until it does."""
        held = self.tail.genesis
        if request.org != self.spec.org or request.revision < self.spec.revision:
            self.tally.refuse(
                "incarnation", f"request {request.request_id} is of another revision or organisation"
            )
            return []
        if held is None or held.request_id != request.request_id:
            self._requested = request
        return self._reconcile(now_ns) if self.owned else []

    def _reconcile(self, now_ns: int, *, begins: bool = False) -> list[JournalRecord]:
        wanted, genesis = self.spec.desired == Desired.RUNNING, self.tail.genesis
        rate = defined_rate(self.definition.sync)
        records: list[JournalRecord] = []
        if self._requested is not None and wanted and self._requested.revision <= self.spec.revision:
            request, self._requested = self._requested, None
            if genesis is None or genesis.request_id != request.request_id:
                return [self._genesis(request, now_ns)]
        if genesis is None:
            return records
        newer = revised(self.spec, self.definition, genesis, self.epoch, self.tick) if wanted else None
        serves = wanted and (newer is not None or self.spec.revision <= genesis.revision)
        if newer is not None:
            records.append(self._write(newer))
            if begins and self._builder is not None and not same_rate(self._builder.grid, rate):
                # stop and start were over before this writer came
                records.append(self._write(self._builder.set_rate(rate.rate_num, rate.rate_den)))
        if not wanted and not self.tail.stopped:
            records.append(self._write(Stopped(self.epoch, self.tick, "asked to stop")))
            self._end("stopped")
        elif serves and self.tail.stopped:  # else the worker asks for another incarnation
            # at the definition's rate: one that was commanded ends with the stop
            records.append(self._write(Resumed(self.epoch, self._grid_from(now_ns, rate))))
            self._builder = self._build(locked=False)
        return records

    def _genesis(self, request: IncarnationRequested, now_ns: int) -> TwinGenesis:
        self._note_tick()
        grid = self._grid_from(now_ns, defined_rate(self.definition.sync))
        number = max(self.tail.incarnation, request.above) + 1
        genesis = genesis_of(request, self.spec, self.epoch, number, grid)
        self._write(genesis)
        self._sequencer.parameter_version = self.tail.parameter_version
        self._begin(genesis)
        self._end("another incarnation")
        self._builder = self._build(locked=False)
        return genesis

    def _grid_from(self, now_ns: int, rate: Grid) -> Grid:
        """A segment from now on, at a rate, behind everything that was."""
        earliest = self._last_time_ns() + NS_PER_S * rate.rate_den // rate.rate_num
        return Grid(self.tick + 1, max(now_ns + self._shift_ns, earliest), rate.rate_num, rate.rate_den)

    def _begin(self, genesis: TwinGenesis) -> None:
        self.publication.begin(genesis)
        for intake in self.intakes:
            intake.map_onto(genesis.channels)

    # -- commands

    def command(
        self, command: Command, offset: int, org: str, digest: str | None = None
    ) -> list[JournalRecord]:
        """Sequence a command; nothing when it was seen before. `digest` names the request that it stands for.

        Raises:
            CommandRejected: it can't be taken; its sender is to be told.
        """
        if org != self.spec.org:  # another organisation's twin doesn't exist
            raise CommandRejected("unknown_twin", f"there is no twin {command.twin}")
        if offset <= self.tail.commands_offset or self._taken.has(command, digest):
            self.tally.count("commands_repeated")
            return []
        if self._builder is None:
            raise CommandRejected("not_running", f"twin {self.spec.name} isn't running; start it first")
        record: Kept
        if isinstance(command, SetRate):
            check_rate(command)
            record = self._builder.set_rate(command.rate_num, command.rate_den)
            record.command_id = command.command_id
        else:
            record = self._sequencer.sequence(command, offset)
        self._taken.remember(record, digest)
        self.tally.count("commands")
        return [self._write(record)]

    def rated(self, command: SetRate) -> Grid | None:
        """The segment that a rate became; None: it isn't among the newest commands."""
        return self._taken.grid(command.command_id)

    def reached(self, offset: int) -> None:
        """sim.commands has been handled up to this offset."""
        self._commands_offset = max(self._commands_offset, offset)
        if self._builder is not None:
            self._builder.commands_offset = self._commands_offset

    # -- readings and ticks

    @property
    def running(self) -> bool:
        """Frames are being written."""
        return self._builder is not None

    @property
    def due_ns(self) -> int:
        """When `advance` wants to be called, by this process's clock."""
        return self._builder.due_ns - self._shift_ns if self._builder is not None else NEVER_NS

    def receive(
        self, source: int, topic: str, payload: bytes, receive_ns: int, framed: FramedReadings | None = None
    ) -> None:
        """Take what isn't `framed` of a message; the frame that it completes is closed by `advance`, then due."""
        receive_ns += self._shift_ns
        readings = self.intakes[source].receive(topic, payload, receive_ns)
        if framed is not None:
            readings = framed.without(readings)
        if not readings:
            return
        if self._builder is None:
            self.tally.count("while_stopped", len(readings))
            return
        self.tally.counts["readings"] += len(readings)
        if dropped := self._builder.take(source, readings, receive_ns):
            self.tally.drop(self.intakes[source].name, dropped, self.definition.sync.buffer_size)

    def advance(self, now_ns: int) -> list[JournalRecord]:
        """Close the ticks that are due."""
        if self._builder is None:
            return []
        changes = clock_changes(self.intakes, self.epoch, self._builder.tick + 1)
        records: list[JournalRecord] = [self._write(change) for change in changes]
        for record in self._builder.advance(now_ns + self._shift_ns):
            if type(record) is ObservationFrame:
                self.tally.frame(record.tick, len(record.readings), gap=record.gap)
            else:
                self._write(record)
            records.append(record)
        return records

    # -- predictions

    def predicted(self, frame: PredictionFrame, now_ns: int) -> TwinPrediction:
        """What to publish of a prediction that is admitted or to be told."""
        return self.publication.public(frame, self.account.elapsed(frame.tick, now_ns + self._shift_ns))

    def published(self, prediction: TwinPrediction, now_ns: int) -> int:
        """A prediction was handed over everywhere; the latency in ns, or -1."""
        self.tally.counts["predictions"] += 1
        return self.account.published(prediction.tick, now_ns + self._shift_ns)

    # -- what is

    @property
    def tick(self) -> int:
        """Last tick in the journal; -1: none."""
        return self._builder.tick if self._builder is not None else self.tail.tick

    def is_live(self, source: int) -> bool:
        """Whether a source is in the quorum."""
        return self._builder is not None and self._quorum.sources[source].live

    # -- details

    def _build(self, *, locked: bool) -> FrameBuilder:
        self._quorum = make_quorum(self.definition.sync)
        return make_builder(
            self.definition.sync,
            self.tail,
            self.epoch,
            self._quorum,
            self.account,
            self._limits,
            locked=locked,
            commands_offset=self._commands_offset,
        )

    def _end(self, why: str) -> None:
        """No more frames; the readings that waited for the next one are counted."""
        if self._builder is not None:
            self.tally.discard(why, self._builder.held)
            self._builder = None

    def _write(self, record: R) -> R:
        """Let the tail know of a record of ours; frames are left to the builder."""
        self._note_tick()
        self.tail.observe(self.tail.offset + 1, record)
        return record

    def _note_tick(self) -> None:
        if self._builder is not None:
            self.tail.tick = self._builder.tick

    def _last_time_ns(self) -> int:
        return self._builder.last_time_ns if self._builder is not None else ended_ns(self.tail)

    def _shift(self, now_ns: int) -> None:
        """Where the journal is ahead of this host's clock, go by the journal."""
        if self.tail.grid is not None:
            ahead = ahead_ns(self.tail.grid, self._last_time_ns(), now_ns, self._limits.gap_ns)
            self._shift_ns = max(self._shift_ns, ahead)
