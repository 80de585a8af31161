"""sim.commands: what the world asks of running twins, into their journals (journal rules 4 and 5)."""

import asyncio
from dataclasses import dataclass, replace
from typing import Final

from sync_engine.domain.ports import Journal, Public, Tails
from sync_engine.domain.taken import Command
from sync_engine.errors import CommandRejected, JournalLost
from sync_engine.handlers.held import HeldTwin
from sync_engine.handlers.partition import Partition
from sync_engine.handlers.partitions import Partitions
from sync_engine.handlers.permission import Permission
from sync_engine.handlers.writing import Writing
from twin_common.errors import Busy, Rejected
from twin_common.identity import Principal
from twin_common.runner.message import Confirmation, Handler, Message
from twin_common.telemetry import span
from twin_schemas.records import (
    ApplyParameters,
    CommandApplied,
    CommandRefused,
    GridSegment,
    IncarnationRequested,
    ResetState,
    SetJointCommand,
    SetRate,
)

_LONGEST_ID: Final = 200
_LARGEST: Final = 524_288
"""Bytes: what follows in the journal, and is told of it, has to fit its topic, whatever it repeats."""
_LONGEST_MESSAGE: Final = 1000
_WAIT_S: Final = 0.05
_ACKNOWLEDGED_S: Final = 5.0
_READ_BACK_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Written:
    """What followed from a command.

    Attributes:
        partition: in whose journals it is.
        losses: of the partition, before it was written.
        offset: of the command.
        until: offset behind what was written.
    """

    partition: Partition
    losses: int
    offset: int
    until: int

    async def counts(self) -> None:
        """Wait until it is known that it counts: nobody has taken the journal over before it, as is known when it was
        read back and its partition wasn't let go since.

        Raises:
            Busy: it doesn't, or nobody knows.
        """
        try:
            async with asyncio.timeout(_ACKNOWLEDGED_S):
                while self.partition.losses == self.losses and self.partition.read_back < self.until:  # noqa: ASYNC110 (many small steps)
                    await asyncio.sleep(_READ_BACK_S)
        except TimeoutError as error:
            raise Busy("the journal isn't read back", retry_after_s=_WAIT_S) from error
        if self.partition.losses != self.losses:
            raise Busy("the journal has been taken over", retry_after_s=_WAIT_S)
        self.partition.unconfirmed.pop(self.offset, None)


class AlwaysAnew:
    """An inbox that knows nothing: what was sequenced before, the sequencer recognises, and answers."""

    async def seen(self, message_id: str) -> bool:
        """Never."""
        return False

    async def remember(self, message_id: str) -> None:
        """Nothing is remembered."""


class Commands:
    """Handles commands. An offset is committed only after what followed from it is in the journal and counts there: a
    writer that doesn't know yet that it is replaced writes in vain.
    """

    def __init__(
        self,
        partitions: Partitions,
        journal: Journal,
        tails: Tails,
        writing: Writing,
        public: Public,
        permission: Permission,
    ) -> None:
        """Work on what is held, for those who may."""
        self._partitions, self._journal, self._writing, self._public = partitions, journal, writing, public
        self._tails, self._permission = tails, permission

    def handlers(self) -> dict[type, Handler]:
        """By record type."""
        return {
            IncarnationRequested: self.incarnate,
            SetJointCommand: self.command,
            ApplyParameters: self.command,
            ResetState: self.command,
            SetRate: self.command,
        }

    async def incarnate(self, request: IncarnationRequested, message: Message) -> Confirmation | None:
        """A worker asks for an incarnation."""
        if message.org != request.org:
            raise Rejected("wrong_org", f"the request is of {request.org}, its envelope of {message.org}")
        partition = self._ready(message, request.twin)
        losses = partition.losses
        await self._permission.incarnation(request, message)
        self._same(partition, losses)
        held = partition.twins.get(request.twin)
        if held is None:  # the spec is on its way on another topic
            partition.keep(request)
            return None
        self._owned(held)
        self._writing.incarnate(held, request)
        return (await self._written(partition, message, losses)).counts

    async def command(self, command: Command, message: Message) -> Confirmation | None:
        """Somebody commands a twin."""
        _check_ids(command)
        partition = self._ready(message, command.twin)
        held, losses = partition.twins.get(command.twin), partition.losses
        who: Principal | None = None
        try:
            spec = held.session.spec if held is not None else partition.unusable.get(command.twin)
            if spec is None or spec.org != message.org:  # another organisation's doesn't exist
                raise await self._permission.unknown(command, message)
            who = await self._permission.command(command, message, spec.org, spec.revision)
            _check_size(message)
            if held is None:
                raise CommandRejected("not_running", f"twin {spec.name} can't be run as it is; correct it")
            if partition.twins.get(command.twin) is not held:
                raise Busy(f"the journal of {spec.name} is being taken over", retry_after_s=_WAIT_S)
            self._owned(held)
            self._same(partition, losses)
            self._sequence(command, message, held)
            if partition.twins.get(command.twin) is not held:
                raise CommandRejected("journal_unusable", f"the journal of {command.twin} can't be continued")
        except CommandRejected as rejected:
            await self._refuse(command, message, held, rejected, rejected.who or who)
            if partition.losses == losses:
                self._reached(partition, message)
            return None
        written = await self._written(partition, message, losses)
        if isinstance(command, SetRate):
            await written.counts()
            applied = await self._rate_applied(command, message, held)
            if applied is not None:
                await self._answer(applied, message, who)
            return None
        return written.counts

    def _sequence(self, command: Command, message: Message, held: HeldTwin) -> None:
        with span("sequence", attributes={"twin": command.twin, "command": command.command_id}) as work:
            records = held.session.command(
                command, message.origin.offset, message.org, message.envelope.request_digest
            )
            self._writing.write(held, records, work.traceparent or message.envelope.traceparent)

    async def _rate_applied(
        self, command: SetRate, message: Message, held: HeldTwin
    ) -> CommandApplied | None:
        """A rate acts by the grid segment itself, which the fold doesn't answer. A repeated one is answered again, with
        the segment that it became, which may be far back in the journal.
        """
        grid = held.session.rated(command)
        if grid is None:
            taken = await self._tails.taken_since(held.partition, command.twin, message.origin.timestamp_ms)
            segments = [record for record in taken if isinstance(record, GridSegment)]
            found = [segment.grid for segment in segments if segment.command_id == command.command_id]
            grid = found[-1] if found else None
        if grid is None:
            return None
        return CommandApplied(
            twin=command.twin,
            incarnation=held.session.tail.incarnation,
            offset=-1,
            command_id=command.command_id,
            tick=grid.tick,
            step=0,
            time_ns=grid.time_ns,
            late_ns=0,
        )

    async def _refuse(
        self,
        command: Command,
        message: Message,
        held: HeldTwin | None,
        rejected: CommandRejected,
        who: Principal | None,
    ) -> None:
        if held is not None:
            held.session.tally.refuse_command(rejected.code, str(rejected))
        refused = CommandRefused(
            twin=command.twin,
            incarnation=held.session.tail.incarnation if held is not None else 0,
            offset=-1,
            command_id=command.command_id,
            code=rejected.code,
            message=str(rejected)[:_LONGEST_MESSAGE],
        )
        await self._answer(refused, message, who)

    async def _answer(
        self, event: CommandApplied | CommandRefused, message: Message, who: Principal | None
    ) -> None:
        """Say it in the name of whoever it is, and in no other organisation's; what nobody proves names nobody."""
        envelope = message.envelope.caused(
            type=type(event).__name__, source="sync-engine", subject=event.twin
        )
        org = who.org if who is not None and not who.reaches(message.org) else message.org
        envelope = replace(envelope, org=org, actor=who.actor if who is not None else None)
        if await self._public.answer(event, envelope.headers()) is not None:
            raise Busy("the answer can't be published now")

    def _ready(self, message: Message, twin: str) -> Partition:
        partition = self._partitions.partition(message.origin.partition)
        if partition is None or not partition.ready.is_set() or twin in partition.arriving:
            raise Busy("the journals of this partition are being taken over", retry_after_s=_WAIT_S)
        if partition.overtakes(message.origin.offset):
            raise Busy("a command before this one has to be written again", retry_after_s=_WAIT_S)
        partition.unconfirmed.pop(message.origin.offset, None)
        return partition

    def _owned(self, held: HeldTwin) -> None:
        if not held.session.owned:
            raise Busy(f"the journal of {held.session.spec.name} is being taken over", retry_after_s=_WAIT_S)

    def _same(self, partition: Partition, losses: int) -> None:
        if partition.losses != losses:
            raise Busy("the journals of this partition are being taken over", retry_after_s=_WAIT_S)

    async def _written(self, partition: Partition, message: Message, losses: int) -> Written:
        """What followed from a command, when it is in the journal for good, if it counts there."""
        partition.unconfirmed[message.origin.offset] = losses
        self._reached(partition, message)
        try:
            async with asyncio.timeout(_ACKNOWLEDGED_S):
                await self._journal.settled(partition.number)
        except (JournalLost, TimeoutError) as error:
            raise Busy(f"the journal isn't acknowledged: {error}", retry_after_s=_WAIT_S) from error
        self._same(partition, losses)
        return Written(partition, losses, message.origin.offset, self._journal.end(partition.number))

    @staticmethod
    def _reached(partition: Partition, message: Message) -> None:
        """Everything up to this command is sequenced or refused: who takes over goes on behind it."""
        for held in partition.twins.values():
            held.session.reached(message.origin.offset)


def _check_ids(command: Command) -> None:
    """A command with ids that no answer can repeat becomes a dead letter.

    Raises:
        Rejected: it is one.
    """
    for name, text in (("twin", command.twin), ("command_id", command.command_id)):
        if len(text) > _LONGEST_ID:
            raise Rejected("too_large", f"its {name} has {len(text)} characters; {_LONGEST_ID} are most")


def _check_size(message: Message) -> None:
    if (size := len(message.origin.value or b"")) > _LARGEST:
        raise CommandRejected("command_too_large", f"the command has {size} bytes; {_LARGEST} are most")
