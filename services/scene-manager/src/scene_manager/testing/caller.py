"""Asks the scene manager and reads what it says, over whatever bus it runs on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from twin_common.bus.api import Bus, Producer, Reader
from twin_common.bus.envelope import Envelope
from twin_common.bus.types import Record as BusRecord
from twin_common.ids import uuid7
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.record import Record
from twin_schemas.records.condition import Condition
from twin_schemas.records.control_accepted import ControlAccepted
from twin_schemas.records.control_refused import ControlRefused
from twin_schemas.records.control_status import ControlStatus
from twin_schemas.records.sim_phase import SimPhase
from twin_schemas.records.sim_status import SimStatus
from twin_schemas.records.twin_spec import TwinSpec

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Said:
    """A record of a topic with its envelope, if it has one."""

    record: Record | None
    key: str
    envelope: Envelope | None


class Caller:
    """A client, and a worker's voice.

    Args:
        prefix: begins the topics' names.
        org: on whose behalf it asks.
        actor: who it is.
        token: what it shows to prove that.
        reply_to: partition of `bus.replies` that it reads, if it does.
    """

    def __init__(
        self,
        bus: Bus,
        prefix: str,
        org: str = "local",
        *,
        actor: str = "tester",
        token: str | None = None,
        reply_to: int | None = None,
    ) -> None:
        self._bus = bus
        self._prefix = prefix
        self.org = org
        self._actor = actor
        self._token = token
        self._reply_to = reply_to

    async def send(
        self, command: Record, *, command_id: str | None = None, key: str = "k", **how: str
    ) -> str:
        """Publish a command; returns its id."""
        command_id = command_id or uuid7()
        await self.send_all([(command_id, command)], key=key, **how)
        return command_id

    async def send_all(
        self,
        commands: Iterable[tuple[str, Record]],
        *,
        key: str,
        digest: str | None = None,
        request: str = "",
    ) -> None:
        """Publish commands, each with its id, in order.

        Args:
            commands: with their ids.
            key: of every record.
            digest: names the content of the request.
            request: correlation id; the command's id when empty.
        """
        async with await self._bus.producer() as producer:
            for command_id, command in commands:
                envelope = Envelope(
                    id=command_id,
                    type=type(command).__name__,
                    source="test",
                    time_ns=1_700_000_000_000_000_000,
                    org=self.org,
                    correlation_id=request or command_id,
                    actor=self._actor,
                    token=self._token,
                    reply_to=self._reply_to,
                    request_digest=digest,
                )
                await self._publish(producer, "control.commands", key, command, envelope)

    async def ask(
        self, command: Record, *, command_id: str | None = None, key: str = "k", **how: str
    ) -> ControlAccepted | ControlRefused:
        """Publish a command and wait for its answer."""
        command_id = await self.send(command, command_id=command_id or uuid7(), key=key, **how)
        async with asyncio.timeout(30):
            while True:
                answers = await self.answers(command_id)
                if answers:
                    return answers[0]
                await asyncio.sleep(0.02)

    async def replies(self, command_id: str) -> list[Said]:
        """What this caller's partition of the replies says to a command so far."""
        said = [each for each in await self.read("bus.replies", self._reply_to) if each.envelope is not None]
        return [each for each in said if each.envelope and each.envelope.causation_id == command_id]

    async def answers(self, command_id: str) -> list[ControlAccepted | ControlRefused]:
        """The answers to a command so far, repeats left out."""
        found: dict[str, ControlAccepted | ControlRefused] = {}
        for said in await self.read("control.events"):
            answer = isinstance(said.record, ControlAccepted | ControlRefused)
            if answer and said.envelope is not None and said.envelope.causation_id == command_id:
                assert isinstance(said.record, ControlAccepted | ControlRefused)
                found[said.envelope.id] = said.record
        return list(found.values())

    async def accepted(self, command: Record, **how: str) -> ControlAccepted:
        """Ask, and insist."""
        answer = await self.ask(command, **how)
        assert isinstance(answer, ControlAccepted), answer
        return answer

    async def refused(self, command: Record, **how: str) -> ControlRefused:
        """Ask, and be refused."""
        answer = await self.ask(command, **how)
        assert isinstance(answer, ControlRefused), answer
        return answer

    async def report(
        self, spec: TwinSpec, phase: SimPhase, code: str | None = None, conditions: Sequence[str] = ()
    ) -> None:
        """Say as a worker what a twin does."""
        holding = [Condition(kind, 1, kind) for kind in conditions]
        status = SimStatus(
            twin=spec.twin, org=spec.org, name=spec.name, revision=spec.revision, worker="w", incarnation=1,
            phase=phase, conditions=holding, offset=-1, tick=-1, lag_ms=0.0, checkpoint_offset=-1, counts={},
            warnings=[], at_ns=1, code=code, message=code and f"{code} happened",
        )  # fmt: skip
        async with await self._bus.producer() as producer:
            await self._publish(producer, "twin.status", f"{spec.twin}/sim", status, None)

    async def read(self, name: str, partition: int | None = None) -> list[Said]:
        """Everything that a topic, or one partition of it, holds, in order per key."""
        async with await self._bus.reader() as reader:
            records = await self._all(reader, name)
        return [_said(record) for record in records if partition in (None, record.partition)]

    async def facts(self, kind: type[R], key: str) -> list[R]:
        """The facts of a kind about a twin or scene, in order, repeats left out."""
        found: dict[str, R] = {}
        for said in await self.read("control.events"):
            if isinstance(said.record, kind) and said.key == key and said.envelope is not None:
                found.setdefault(said.envelope.id, said.record)
        return list(found.values())

    async def spec(self, twin: str) -> TwinSpec | None:
        """What `twin.specs` says of a twin now."""
        newest: Record | None = None
        for said in await self.read("twin.specs"):
            if said.key == twin:
                newest = said.record
        assert newest is None or isinstance(newest, TwinSpec)
        return newest

    async def status(self, twin: str) -> ControlStatus | None:
        """What the control plane says of a twin now."""
        newest: Record | None = None
        for said in await self.read("twin.status"):
            if said.key == f"{twin}/control":
                newest = said.record
        assert newest is None or isinstance(newest, ControlStatus)
        return newest

    async def topics(self) -> frozenset[str]:
        """All topics on the broker."""
        async with await self._bus.admin() as admin:
            return await admin.list_topics()

    async def _all(self, reader: Reader, name: str) -> Sequence[BusRecord]:
        await reader.assign(*await reader.partitions(topic(name).physical(self._prefix)))
        return [record async for record in reader.read_to_end()]

    async def _publish(
        self, producer: Producer, name: str, key: str, record: Record, envelope: Envelope | None
    ) -> None:
        await producer.send(
            topic(name).physical(self._prefix),
            key=key.encode(),
            value=codec.encode(record),
            headers=envelope.headers() if envelope else (),
        )


def _said(record: BusRecord) -> Said:
    body = None if record.value is None else codec.decode(record.value)
    envelope = Envelope.parse(record.headers) if record.header("ce_id") else None
    return Said(body, (record.key or b"").decode(), envelope)
