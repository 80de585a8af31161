"""The judge: compares what plants sent and clients were told with raw topics and PostgreSQL.

Of what services say of themselves it takes two things: how many readings they dropped, which the platform promises to
count, and that they lost the link to a source. Neither excuses anything where nobody struck what readings pass.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping, Sequence

from faulting import revisions
from faulting.archive import Archive
from faulting.asking import Asked
from faulting.books.commands import REVISING, SEQUENCED, CommandBook
from faulting.books.journal import Identity, JournalBook
from faulting.books.predictions import PredictionBook
from faulting.books.public import PublicBook, meant, said
from faulting.books.readings import ReadingBook
from faulting.cell import Away, Cell, Recovery, Struck
from faulting.judging import spilled, turned_away
from faulting.recoveries import Heard
from faulting.sendlog import SendLog
from faulting.taps import Raw, Tap
from faulting.verdict import Verdict
from faulting.watching import Statuses
from hanzo_twin.stack import Connection
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.records import (
    CommandApplied,
    CommandRefused,
    ControlAccepted,
    ControlRefused,
    PredictionFrame,
    TwinPrediction,
    TwinSpec,
)

PREFIX = "hanzo.twin"
SETTLED_S = 2.5
"""What was acknowledged so long ago has had its time to become a frame."""
PATIENCE_S = 25.0
_REMEMBERED_TICKS = 20_000
_PATH_NS = 2_000_000_000


def physical(name: str) -> str:
    return topic(name).physical(PREFIX)


class Checker:
    """Keeps the books of one stage from its beginning; `settle` gives the account of everything since the last one.

    Args:
        truth: how Kafka and PostgreSQL are reached, with nothing between.
        log: of the plants.
        twins: id by name of the twins that follow plants, in the order of the plants.
        statuses: what sync engines say that they have counted.
        archive: of the journals; None: nobody seals them.
    """

    def __init__(
        self,
        truth: Connection,
        log: SendLog,
        twins: Mapping[str, str],
        statuses: Statuses,
        archive: Archive | None = None,
    ) -> None:
        self._truth, self._log, self._statuses, self._archive = truth, log, statuses, archive
        self._names = {twin: name for name, twin in twins.items()}
        self._plants = {twin: number for number, twin in enumerate(twins.values())}
        self._journals: dict[str, JournalBook] = {}
        self._predictions = {twin: PredictionBook() for twin in self._names}
        self._public = {twin: PublicBook() for twin in self._names}
        self._readings = {twin: ReadingBook() for twin in self._names}
        self._commands = CommandBook()
        self._counted = dict.fromkeys(self._names, 0)
        self._specs: dict[str, TwinSpec | None] = {}
        self._ends: dict[int, int] = {}
        self._read_at = time.monotonic()
        brokers = truth.brokers
        self._asked = Tap(brokers, [physical("control.commands"), physical("sim.commands")])
        self._said = Tap(brokers, [physical("control.events"), physical("twin.specs")])
        self._journal = Tap(brokers, [physical("sim.journal")])
        self._predicted = Tap(brokers, [physical("sim.predictions")])
        self._heard = Tap(brokers, [f"{PREFIX}.{name}" for name in self._names.values()])

    async def settle(
        self,
        strikes: Sequence[Struck],
        told: Sequence[Asked],
        cell: Cell | None = None,
    ) -> Verdict:
        """Read everything up to now and compare; nothing must be asked meanwhile.

        Args:
            strikes: faults since the last account, in order.
            told: requests that ended since the last account.
            cell: says what the strikes may cost; None: nothing.

        Raises:
            TimeoutError: Kafka doesn't give its records.
        """
        cut_ns, away = time.time_ns(), cell.away if cell else Away.NEVER
        await asyncio.sleep(SETTLED_S)
        verdict = Verdict()
        await self._follow_commands(verdict, told)
        await self._follow_journals(verdict)
        await self._follow_predictions(verdict)
        read_ns, public = time.time_ns(), await self._heard.read()
        await self._read_predictions()  # whatever is public was predicted before
        self._enter_public(verdict, public)
        await self._judge_commands(verdict, told)
        verdict.turned_away = turned_away(told, cell.refusals if cell else ())
        self._judge_ticks(verdict, strikes, away)
        self._judge_readings(verdict, cut_ns, strikes, away)
        if cell is not None and cell.spares_readings:
            verdict.spilled = spilled(verdict)
        if strikes:
            back_ms = strikes[-1].ended_ns // 1_000_000
            verdict.mute = [
                self._names[twin] for twin, book in self._public.items() if not book.heard_since(back_ms)
            ]
        await self._judge_specs(verdict)
        if self._archive is not None:
            verdict.unsealed = await self._archive.settle()
        sealed = (self._archive.sealing, self._archive.read_ns) if self._archive else (None, 0)
        heard = Heard(self._public, self._names, told, read_ns, *sealed)
        felt = heard.recoveries(strikes, cell.recovery if cell else Recovery())
        verdict.recovery_s, verdict.slowest = [each for each, _ in felt], max(felt, default=(0.0, ""))[1]
        felt = heard.of_others(strikes)
        verdict.others_s, verdict.unlucky = [each for each, _ in felt], max(felt, default=(0.0, ""))[1]
        return verdict

    def forget(self) -> None:
        """A cell has ended: nobody asks any more when what is long past was said."""
        now_ms = time.time_ns() // 1_000_000
        for times in self._public.values():
            times.forget(now_ms)
        if self._archive is not None:
            self._archive.sealing.forget(now_ms)

    async def lose(self) -> None:
        """The topics are about to be set back to how they were soon after the last account, or later than that."""
        for raw in (await self._predicted.copy().read())[physical("sim.predictions")]:
            if raw.key in self._predictions:
                frame = codec.decode(raw.value or b"")
                assert isinstance(frame, PredictionFrame)
                self._predictions[raw.key].lose((frame.incarnation, frame.offset), raw.value or b"")
        for twin in self._names:
            self._journals[twin].lose()
            self._public[twin].lose()

    # -- reading

    async def _follow_commands(self, verdict: Verdict, told: Sequence[Asked]) -> None:
        """Read commands, then their answers until each has one."""
        for name, records in (await self._asked.read()).items():
            for raw in records:
                self._enter_command(name, raw)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            for name, records in (await self._said.read()).items():
                for raw in records:
                    if name == physical("twin.specs"):
                        spec = None if raw.value is None else codec.decode(raw.value)
                        self._specs[raw.key] = spec if isinstance(spec, TwinSpec) else None
                    else:
                        self._enter_answer(raw)
            open_ = [each for each in self._commands.kinds if not self._commands.answers[each]]
            if not open_ or time.monotonic() > deadline:
                return
            await asyncio.sleep(0.3)

    def _enter_command(self, name: str, raw: Raw) -> None:
        kind = raw.headers.get("ce_type", b"").decode()
        if raw.value is None or kind not in (*REVISING, *SEQUENCED):
            return
        record, correlation = codec.decode(raw.value), raw.headers.get("ce_correlationid", b"").decode()
        own = raw.headers.get("ce_id", b"").decode()
        self._commands.asked(correlation, getattr(record, "command_id", own), kind)

    def _enter_answer(self, raw: Raw) -> None:
        match codec.decode(raw.value or b""):
            case ControlAccepted() as answer:
                self._commands.answered(self._cause(raw), f"accepted as version {answer.version}")
            case ControlRefused() as answer:
                self._commands.answered(self._cause(raw), f"refused: {answer.code}")
            case CommandApplied() as answer:
                where = (
                    f"{answer.incarnation}/{answer.offset}" if answer.offset >= 0 else f"tick {answer.tick}"
                )
                self._commands.answered(answer.command_id, f"applied: {where}")
            case CommandRefused() as answer:
                at = (answer.incarnation, answer.offset)
                if answer.offset < 0:  # the sync engine's word: it isn't in the journal
                    self._commands.answered(answer.command_id, f"refused: {answer.code}")
                else:
                    text = f"refused at {at}: {answer.code}"
                    self._commands.answered(answer.command_id, text, without=at)
            case _:
                pass

    @staticmethod
    def _cause(raw: Raw) -> str:
        return raw.headers.get("ce_causationid", b"").decode()

    async def _follow_journals(self, verdict: Verdict) -> None:
        now = time.monotonic()
        verdict.span_s, self._read_at = now - self._read_at, now
        for raw in (await self._journal.read())[physical("sim.journal")]:
            self._ends[raw.partition] = raw.offset + 1
            if self._archive is not None:
                self._archive.written(raw)
            if raw.value is None:
                continue
            book = self._journals.setdefault(raw.key, JournalBook())
            book.partition = raw.partition
            book.take(raw.offset, codec.decode(raw.value))  # type: ignore[arg-type]

    async def _follow_predictions(self, verdict: Verdict) -> None:
        """Read predictions until every frame has one."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            await self._read_predictions()
            for twin, book in self._predictions.items():
                journal = self._journals[twin]
                void = book.match(journal.frames, self._ends[journal.partition], journal.torn)
                verdict.void += [f"{self._names[twin]}: {identity}" for identity in void]
            if time.monotonic() > deadline or not any(self._journals[twin].frames for twin in self._names):
                break
            await asyncio.sleep(0.5)
        for twin, name in self._names.items():
            book, frames = self._predictions[twin], self._journals[twin].frames
            verdict.unpredicted += [f"{name}: tick {tick}, {identity}" for identity, tick in frames.items()]
            verdict.unequal += [f"{name}: {identity}" for identity in book.unequal]
            verdict.repeated += book.repeated
            verdict.torn += len(self._journals[twin].torn)
            book.unequal, book.repeated = [], 0
            frames.clear()
            self._journals[twin].torn.clear()

    async def _read_predictions(self) -> None:
        for raw in (await self._predicted.read())[physical("sim.predictions")]:
            if raw.key in self._predictions:
                frame, value = codec.decode(raw.value or b""), raw.value or b""
                assert isinstance(frame, PredictionFrame)
                identity = (frame.incarnation, frame.offset)
                self._predictions[raw.key].take(identity, value)
                self._public[raw.key].predicted(identity, meant(frame))

    def _enter_public(self, verdict: Verdict, found: Mapping[str, Sequence[Raw]]) -> None:
        for twin, name in self._names.items():
            book = self._public[twin]
            for raw in found[f"{PREFIX}.{name}"]:
                record = codec.decode(raw.value or b"")
                assert isinstance(record, TwinPrediction)
                book.take(raw.at_ms, (record.incarnation, record.offset), said(record))
            book.owe(self._predictions[twin].matched)
            self._predictions[twin].matched = set()
            verdict.echoed += [f"{name}: {identity}" for identity in book.twice]
            verdict.baseless += [f"{name}: {identity}" for identity in book.baseless]
            verdict.unlike += [f"{name}: {identity}" for identity in book.unlike]
            verdict.unsaid += [f"{name}: {identity}" for identity in book.passed_over()]
            book.twice, book.baseless, book.unlike = [], [], []

    # -- judging

    async def _judge_commands(self, verdict: Verdict, told: Sequence[Asked]) -> None:
        sequenced: dict[str, list[Identity]] = {}
        for journal in self._journals.values():
            for command, where in journal.commands.items():
                sequenced.setdefault(command, []).extend(where)
            journal.commands.clear()
        book = self._commands
        book.settle(told, sequenced, *await revisions.effects(self._truth.database_url, book.kinds))
        verdict.accepted = book.accepted
        verdict.lost, verdict.doubled = book.lost, book.doubled
        book.accepted, book.lost, book.doubled = 0, [], []

    def _judge_ticks(self, verdict: Verdict, strikes: Sequence[Struck], away: Away) -> None:
        for twin, journal in self._journals.items():
            name = self._names.get(twin, twin)
            followed = twin if twin in self._names else None
            verdict.missing += [f"{name}: tick {tick}" for tick in journal.missing]
            verdict.again += [f"{name}: tick {tick}" for tick in journal.again]
            verdict.gaps += journal.gaps
            verdict.named += journal.named
            verdict.split += [f"{name}: tick {tick}" for tick in journal.split]
            verdict.skipped += [
                f"{name}: {ticks} ticks"
                for first_ns, last_ns, ticks in journal.discontinuities
                if away is not Away.TICKS
                or not any(each.excuses(first_ns, last_ns, followed) for each in strikes)
            ]
            journal.discontinuities.clear()
            verdict.frames += journal.total
            journal.missing, journal.again, journal.gaps, journal.named, journal.total = [], [], 0, 0, 0
            journal.split = []
            if twin not in self._names:
                journal.frames.clear()
                journal.positions.clear()

    def _judge_readings(self, verdict: Verdict, cut_ns: int, strikes: Sequence[Struck], away: Away) -> None:
        self._log.read()
        ends = [*(each.began_ns for each in strikes[1:]), time.time_ns()]
        due: dict[int, dict[int, tuple[float, int]]] = {number: {} for number in self._plants.values()}
        for number, sent in self._log.sent.items():
            if sent.acknowledged_ns is not None and sent.acknowledged_ns < cut_ns:
                due[sent.plant][number] = (sent.position, sent.at_ns)
        for twin, plant in self._plants.items():
            journal, book = self._journals[twin], self._readings[twin]
            book.take(journal.positions)
            journal.positions.clear()
            counted = self._statuses.counted(twin)
            unwritten = [
                span
                for span in journal.away
                if away is not Away.NEVER and any(each.excuses(*span, twin) for each in strikes)
            ]
            cut_on_the_way = [
                (each.began_ns, each.ended_ns + _PATH_NS)
                for each, end_ns in zip(strikes, ends, strict=False)
                if each.on_the_way_in and self._statuses.lost_a_link(twin, each.began_ns, end_ns)
            ]
            excused = counted - self._counted[twin]
            book.settle(due[plant], [*unwritten, *cut_on_the_way], excused)
            for number in due[plant]:
                self._log.forget(number)
            self._counted[twin] = counted
            name = self._names[twin]
            verdict.silent += [f"{name}: message {number}" for number in book.silent]
            verdict.twice += [f"{name}: position {position!r}" for position in book.twice]
            verdict.dropped += book.dropped
            verdict.outage += book.outage
            book.silent, book.twice, book.dropped, book.outage = [], [], 0, 0
            book.forget((journal.tick or 0) - _REMEMBERED_TICKS)

    async def _judge_specs(self, verdict: Verdict) -> None:
        """Whether PostgreSQL and `twin.specs` tell the same of every twin."""
        told: dict[uuid.UUID, tuple[int, str]] = {
            uuid.UUID(twin): (spec.revision, spec.desired.value)
            for twin, spec in self._specs.items()
            if spec is not None
        }
        kept = await revisions.twins(self._truth.database_url)
        for twin in kept.keys() | told.keys():
            if kept.get(twin) != told.get(twin):
                verdict.disagree.append(f"{twin}: PostgreSQL {kept.get(twin)}, specs {told.get(twin)}")
