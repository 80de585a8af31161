"""Stands in for the control plane: takes commands from the bus, keeps twins, writes what follows, and answers."""

import asyncio
import uuid
from dataclasses import replace

import orjson

from twin_common.bus.envelope import Envelope
from twin_common.definition import parse_twin
from twin_schemas.catalogue import topic
from twin_schemas.codec import decode, encode
from twin_schemas.records import (
    ControlAccepted,
    ControlRefused,
    ControlStatus,
    CreateTwin,
    DeleteTwin,
    Desired,
    Phase,
    StartTwin,
    StopTwin,
    TwinSpec,
    UpdateTwin,
)


class Owner:
    """Set `silent` to let commands lie, or `refusal` to refuse the next ones."""

    def __init__(self, bus, prefix):
        self._bus, self._prefix = bus, prefix
        self.silent = False
        self.refusal = None
        self.commands = []  # (envelope, record) in the order taken
        self._specs = {}
        self._answers = {}
        self.listening = asyncio.Event()
        self.partition = 0

    def name(self, topic_name):
        return topic(topic_name).physical(self._prefix)

    async def run(self):
        async with await self._bus.producer() as self.producer, await self._bus.reader() as reader:
            await reader.assign(*await reader.partitions(self.name("control.commands")))
            await reader.seek_to_end()
            for tp in await reader.partitions(self.name("control.commands")):
                await reader.position(tp)
            self.listening.set()
            async for record in reader.tail():
                envelope = Envelope.parse(record.headers)
                self.commands.append((envelope, decode(record.value)))
                if not self.silent:
                    await self.answer(*self.commands[-1])

    async def answer(self, envelope, command):
        known = self._answers.get(envelope.id)
        if known is None:
            known = self._answers[envelope.id] = (
                envelope.request_digest,
                await self._take(envelope, command),
            )
        digest, answer = known
        if digest != envelope.request_digest:
            answer = ControlRefused(
                type(command).__name__, "idempotency_conflict", "another request has this key"
            )
        said = envelope.caused(type=type(answer).__name__, source="scene-manager")
        places = [("control.events", None)]
        if envelope.reply_to is not None:
            places.append(("bus.replies", envelope.reply_to))
        for place, partition in places:
            await self.producer.send(
                self.name(place),
                key=envelope.correlation_id.encode(),
                value=encode(answer),
                partition=partition,
                headers=said.headers(),
            )

    async def _take(self, envelope, command):
        kind = type(command).__name__
        if self.refusal is not None:
            return ControlRefused(kind, **self.refusal)
        if isinstance(command, CreateTwin):
            spec = self._created(envelope, command)
        else:
            spec = self._found(envelope.org, command.twin)
            if spec is None:
                return ControlRefused(kind, "twin_not_found", f"there is no twin {command.twin!r}")
            if command.expected_revision not in (None, spec.revision):
                text = f"it is at revision {spec.revision}"
                return ControlRefused(kind, "revision_conflict", text, current_revision=spec.revision)
        spec, phase = self._changed(spec, command)
        await self.tell(spec, phase)
        return ControlAccepted(kind, spec.twin, spec.name, spec.revision)

    def _created(self, envelope, command):
        definition = parse_twin(command.definition)
        text = definition.canonical_json()
        twin_id = str(uuid.uuid4())
        return TwinSpec(
            twin_id, envelope.org, definition.name, 0, Desired.STOPPED, "default", 3, command.scene,
            command.scene_version or 1, "9f" * 32, "arm.usda", text, 1, 10**18,
            actor=envelope.actor or "", reason=command.reason,
        )  # fmt: skip

    def _found(self, org, ref):
        own = [spec for spec in self._specs.values() if spec.org == org]
        return next((spec for spec in own if ref in (spec.twin, spec.name, f"twin-{spec.name}")), None)

    def _changed(self, spec, command):
        spec = replace(spec, revision=spec.revision + 1)
        match command:
            case CreateTwin():
                return spec, Phase.CREATED
            case StartTwin():
                return replace(spec, desired=Desired.RUNNING), Phase.STARTING
            case StopTwin():
                return replace(spec, desired=Desired.STOPPED), Phase.STOPPING
            case DeleteTwin():
                return spec, Phase.DELETED
            case UpdateTwin():
                definition = {**orjson.loads(spec.definition), **orjson.loads(command.patch)}
                return replace(spec, definition=orjson.dumps(definition).decode()), Phase.CREATED
        raise AssertionError(command)

    async def tell(self, spec, phase):
        """Write what a change makes of a twin."""
        gone = phase is Phase.DELETED
        (self._specs.pop if gone else self._specs.__setitem__)(spec.twin, *(() if gone else (spec,)))
        status = ControlStatus(spec.twin, spec.org, spec.name, spec.revision, phase, at_ns=10**18)
        key = f"{spec.twin}/control".encode()
        await self.write("twin.specs", spec.twin.encode(), None if gone else spec)
        await self.write("twin.status", key, None if gone else status)

    async def write(self, topic_name, key, record):
        value = None if record is None else record if isinstance(record, bytes) else encode(record)
        await self.producer.send(self.name(topic_name), key=key, value=value)
