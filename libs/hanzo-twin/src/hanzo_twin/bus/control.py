"""Asking the control plane: a command goes out in its envelope, and its answer is found by correlation id."""

from __future__ import annotations

import asyncio
import time
from typing import TypeVar

from hanzo_twin.bus.topics import Topics
from hanzo_twin.errors import ControlCommandRefused, NoAnswer
from twin_common.bus.api import Bus, Producer, Reader
from twin_common.bus.envelope import Envelope
from twin_common.identity import NoTokens, TokenSource
from twin_schemas.codec import decode, encode
from twin_schemas.records import (
    ControlAccepted,
    ControlRefused,
    CreateTwin,
    DecideSceneProposal,
    DeleteScene,
    DeleteTwin,
    RegisterSceneVersion,
    SceneValidated,
    StartTwin,
    StopTwin,
    UpdateTwin,
    ValidateScene,
)

ControlCommand = (
    RegisterSceneVersion
    | DecideSceneProposal
    | DeleteScene
    | CreateTwin
    | UpdateTwin
    | StartTwin
    | StopTwin
    | DeleteTwin
)

COMMANDS = "control.commands"
EVENTS = "control.events"
SERVICE = "scene-manager"
R = TypeVar("R", ControlAccepted, SceneValidated)


class Control:
    """One conversation at a time with the control plane."""

    def __init__(
        self, topics: Topics, producer: Producer, reader: Reader, org: str, source: str, tokens: TokenSource
    ) -> None:
        """Use `Control.open`."""
        self._tokens = tokens
        self._topics = topics
        self._producer = producer
        self._reader = reader
        self._org = org
        self._source = source
        self._turn = asyncio.Lock()

    @classmethod
    async def open(
        cls,
        bus: Bus,
        topics: Topics,
        producer: Producer,
        *,
        org: str,
        source: str,
        tokens: TokenSource | None = None,
    ) -> Control:
        """Begin to listen at the end of the control events.

        Args:
            bus: where the control plane listens.
            topics: their names there.
            producer: stays the caller's to close.
            org: on whose behalf.
            source: in whose name.
            tokens: prove who asks; none where the control plane verifies none.

        Raises:
            TopicMissing, BrokerUnreachable: the bus isn't there.
        """
        reader = await bus.reader()
        await reader.assign(*await reader.partitions(topics.name(EVENTS)))
        await reader.seek_to_end()
        return cls(topics, producer, reader, org, source, tokens or NoTokens())

    async def ask(self, command: ControlCommand, key: str, *, timeout: float = 15.0) -> ControlAccepted:
        """Publish a command and wait for its answer.

        Args:
            command: what to do.
            key: UUID or name of the aggregate concerned.
            timeout: seconds to wait.

        Raises:
            ControlCommandRefused: the answer is no; the error has code, field and line.
            NoAnswer: none came in time.
        """
        return await self._said(command, key, timeout, ControlAccepted)

    async def validate(self, command: ValidateScene, *, timeout: float = 75.0) -> SceneValidated:
        """The same for a check of a scene, which tells what it found."""
        return await self._said(command, command.scene, timeout, SceneValidated)

    async def _said(
        self, command: ControlCommand | ValidateScene, key: str, timeout: float, wanted: type[R]
    ) -> R:
        name = type(command).__name__
        envelope = Envelope.new(
            type=name,
            source=self._source,
            subject=key,
            org=self._org,
            actor=self._source,
            token=await self._tokens.token(),
        )
        async with self._turn:
            await self._producer.send(
                self._topics.name(COMMANDS),
                key=key.encode(),
                value=encode(command),
                headers=envelope.headers(),
            )
            answer = await self._answer(envelope.correlation_id, timeout, wanted)
        if answer is None:
            raise NoAnswer(SERVICE, f"it has not said whether it takes {name} {key!r}", timeout)
        if isinstance(answer, ControlRefused):
            raise ControlCommandRefused(
                answer.command, answer.code, answer.message, answer.field, answer.line
            )
        return answer

    async def _answer(
        self, correlation_id: str, timeout: float, wanted: type[R]
    ) -> R | ControlRefused | None:
        deadline = time.monotonic() + timeout
        ours = correlation_id.encode()
        while (left := deadline - time.monotonic()) > 0:
            for read in await self._reader.poll(timeout=min(0.1, left)):
                if read.header("ce_correlationid") == ours and read.value is not None:
                    record = decode(read.value)
                    if isinstance(record, wanted | ControlRefused):
                        return record
        return None

    async def close(self) -> None:
        """Stop listening."""
        await self._reader.close()
