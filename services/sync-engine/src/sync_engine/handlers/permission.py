"""Who may command a twin, and the record of what was decided."""

from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from sync_engine.domain.ports import Public
from sync_engine.domain.taken import Command
from sync_engine.errors import CommandRejected
from twin_common.clock import NS_PER_S, Clock
from twin_common.identity import Denied, Guard, Principal
from twin_common.runner.message import Message
from twin_schemas.records import (
    ApplyParameters,
    AuditRecord,
    IncarnationRequested,
    ResetState,
    SetJointCommand,
    SetRate,
)

INCARNATE: Final = "incarnations.request"
ACTIONS: Final[Mapping[type, str]] = {
    SetJointCommand: "twins.command",
    ApplyParameters: "twins.calibrate",
    ResetState: "twins.reset",
    SetRate: "twins.rate",
}
_SOURCE: Final = "sync-engine"
_AGAIN_NS: Final = 10 * NS_PER_S
_REMEMBERED: Final = 4096


class Permission:
    """Asks the guard, whoever published the record, and writes down what it said.

    What somebody is let do to a twin again and again, as a controller does, is written down every ten seconds.
    """

    def __init__(self, guard: Guard, public: Public, clock: Clock) -> None:
        """Ask `guard`; write to the audit log through `public`."""
        self._guard, self._public, self._clock = guard, public, clock
        self._noted: OrderedDict[tuple[str, str, str], int] = OrderedDict()

    async def command(self, command: Command, message: Message, org: str, revision: int) -> Principal:
        """Who wants a command of a twin, when they may.

        Args:
            command: what is asked.
            message: with the caller's token.
            org: the twin's organisation.
            revision: the twin's.

        Raises:
            CommandRejected: no; `unknown_twin` where the twin's existence is another organisation's secret.
            IssuerUnreachable: nothing is known about the caller now.
        """
        try:
            return await self._check(ACTIONS[type(command)], command.twin, message, org, revision)
        except Denied as denied:
            if denied.code == "other_organization":
                raise await self.unknown(command, message) from denied
            with suppress(Denied):
                raise CommandRejected(denied.code, str(denied), await self._who(message)) from denied
            raise CommandRejected(denied.code, str(denied)) from denied

    async def unknown(self, command: Command, message: Message) -> CommandRejected:
        """The one answer for what doesn't exist and what is another organisation's.

        Raises:
            CommandRejected: nothing is said to those who prove nothing.
            IssuerUnreachable: nothing is known about the caller now.
        """
        try:
            who = await self._who(message)
        except Denied as denied:
            raise CommandRejected(denied.code, str(denied)) from denied
        return CommandRejected("unknown_twin", f"there is no twin {command.twin}", who)

    async def incarnation(self, request: IncarnationRequested, message: Message) -> None:
        """Whether a request for an incarnation may be taken.

        Raises:
            Denied: no; the request becomes a dead letter.
            IssuerUnreachable: as above.
        """
        await self._check(INCARNATE, request.twin, message, request.org, request.revision)

    async def _check(self, action: str, twin: str, message: Message, org: str, revision: int) -> Principal:
        envelope = message.envelope
        record = AuditRecord(
            org=org,
            actor="",
            role="",
            action=action,
            resource=twin,
            version=revision,
            allowed=True,
            request=envelope.id,
            source=_SOURCE,
            at_ns=self._clock.now_ns(),
        )
        at_ns = message.origin.timestamp_ms * 1_000_000
        try:
            principal = await self._guard.check(envelope.token, org, action, at_ns, actor=envelope.actor)
        except Denied as denied:
            if message.attempt == 1:
                record.allowed, record.code = False, denied.code
                await self._name(record, message)
                await self._public.audit(record)
            raise
        record.actor, record.role = principal.actor, principal.role
        if self._is_new((twin, principal.actor, action), record.at_ns):
            await self._public.audit(record)
        return principal

    async def _name(self, record: AuditRecord, message: Message) -> None:
        """Whoever was refused, as far as their token proves it; of other organisations nobody is named."""
        with suppress(Denied):
            who = await self._who(message)
            if who.org == record.org:
                record.actor, record.role = who.actor, who.role

    async def _who(self, message: Message) -> Principal:
        at_ns = message.origin.timestamp_ms * 1_000_000
        return await self._guard.authenticate(message.envelope.token, at_ns)

    def _is_new(self, what: tuple[str, str, str], now_ns: int) -> bool:
        if now_ns - self._noted.get(what, -_AGAIN_NS) < _AGAIN_NS:
            return False
        self._noted[what] = now_ns
        self._noted.move_to_end(what)
        if len(self._noted) > _REMEMBERED:
            self._noted.popitem(last=False)
        return True
