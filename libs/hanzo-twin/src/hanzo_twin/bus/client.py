"""One client for everything about twins on the bus."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from typing import Self

from hanzo_twin.bus.commands import SimCommands
from hanzo_twin.bus.control import Control
from hanzo_twin.bus.directory import Directory
from hanzo_twin.bus.streams import Streams
from hanzo_twin.bus.topics import Topics
from twin_common.bus.api import Bus, Producer
from twin_common.bus.kafka import KafkaBus
from twin_common.identity import FixedToken, TokenSource, token_source
from twin_common.schema_ids import use_registry
from twin_common.settings import Settings
from twin_schemas.records import (
    ControlAccepted,
    CreateTwin,
    DecideSceneProposal,
    DeleteScene,
    DeleteTwin,
    RegisterSceneVersion,
    SceneValidated,
    StartTwin,
    StopTwin,
    TwinSpec,
    UpdateTwin,
    ValidateScene,
)


class Twins:
    """Twins over the bus; made by `open_twins`, closed by `close` or the end of an `async with`.

    Attributes:
        directory: which twins there are, and what is reported of them.
        commands: to running twins.
        streams: what a twin says.
        topics: physical topic names.
        bus: that they are on.
    """

    def __init__(
        self,
        bus: Bus,
        topics: Topics,
        producer: Producer,
        control: Control,
        source: str,
        tokens: TokenSource,
    ) -> None:
        """Use `open_twins`."""
        self.directory = Directory(bus, topics)
        self.commands = SimCommands(topics, producer, source, tokens)
        self.streams = Streams(bus, topics)
        self.topics, self.bus = topics, bus
        self._producer = producer
        self._control = control
        self._tokens = tokens

    async def find(self, ref: str) -> TwinSpec:
        """The twin with this name, alias `twin-<name>` or UUID.

        Raises:
            TwinUnknown: there is none.
        """
        return await self.directory.find(ref)

    async def register_scene(
        self, name: str, digest: str, file: str, size: int, note: str = ""
    ) -> ControlAccepted:
        """Register a scene file that the organisation has uploaded; the answer has its version.

        Raises:
            ControlCommandRefused, NoAnswer: as every method below.
        """
        return await self._control.ask(RegisterSceneVersion(name, digest, file, size, note=note), name)

    async def validate_scene(self, scene: str, engine: str, version: int | None = None) -> SceneValidated:
        """What a check of a scene version, the newest if none is named, against an engine finds."""
        return await self._control.validate(ValidateScene(scene, engine, version=version))

    async def decide_proposal(
        self, scene: str, proposal: str, *, accept: bool, note: str = ""
    ) -> ControlAccepted:
        """Accept or dismiss a version that suggests itself; the answer has the scene's newest version."""
        return await self._control.ask(DecideSceneProposal(scene, proposal, accept, note=note), scene)

    async def delete_scene(
        self, scene: str, version: int | None = None, *, reason: str = ""
    ) -> ControlAccepted:
        """Delete a scene, or one version of it, that no twin uses."""
        return await self._control.ask(DeleteScene(scene, version=version, reason=reason), scene)

    async def create(
        self, name: str, definition: str, scene: str, scene_version: int | None = None, *, reason: str = ""
    ) -> ControlAccepted:
        """Create a twin from the standard's YAML; the answer has its UUID."""
        command = CreateTwin(definition, scene, scene_version=scene_version, reason=reason)
        return await self._control.ask(command, name)

    async def update(
        self,
        twin: str,
        patch: Mapping[str, object],
        *,
        scene: str | None = None,
        scene_version: int | None = None,
        expected_revision: int | None = None,
        reason: str = "",
    ) -> ControlAccepted:
        """Change a twin's definition by a JSON merge patch; the answer names what waits for a restart.

        Args:
            twin: UUID; likewise below.
            patch: what changes.
            scene: another one.
            scene_version: another one of it.
            expected_revision: refuse when the twin is at another one by then; likewise below.
            reason: why, for the twin's history; likewise below.
        """
        command = UpdateTwin(
            twin,
            json.dumps(patch),
            scene=scene,
            scene_version=scene_version,
            expected_revision=expected_revision,
            reason=reason,
        )
        return await self._control.ask(command, twin)

    async def start(
        self, twin: str, *, expected_revision: int | None = None, reason: str = ""
    ) -> ControlAccepted:
        """Ask for a twin to run."""
        return await self._control.ask(
            StartTwin(twin, expected_revision=expected_revision, reason=reason), twin
        )

    async def stop(
        self, twin: str, *, expected_revision: int | None = None, reason: str = ""
    ) -> ControlAccepted:
        """Ask for a twin to stop."""
        return await self._control.ask(
            StopTwin(twin, expected_revision=expected_revision, reason=reason), twin
        )

    async def delete(
        self, twin: str, *, expected_revision: int | None = None, reason: str = ""
    ) -> ControlAccepted:
        """Take a twin away for good."""
        return await self._control.ask(
            DeleteTwin(twin, expected_revision=expected_revision, reason=reason), twin
        )

    async def close(self) -> None:
        """Close everything that was opened."""
        await self._control.close()
        await self._producer.close()
        await self._tokens.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


async def open_twins(
    settings: Settings, bus: Bus | None = None, *, token: str | TokenSource | None = None
) -> Twins:
    """Connect to the bus; with `stream.registry_url`, this process takes the ids of that registry from then on.

    Args:
        settings: broker, registry, prefix and organisation.
        bus: another bus than the configured broker.
        token: what proves who asks, one token or a source of them; when None, tokens by the settings'
            `auth.client_id` and `auth.client_secret`, which those of a running stack have.

    Raises:
        BrokerUnreachable: no broker answers.
        RegistryUnreachable: the schema registry doesn't.
        SettingsError: that lacks a schema of this build.
        TopicMissing: the topics haven't been created.
    """
    await use_registry(settings.stream)
    bus = bus or KafkaBus(settings.stream)
    topics = Topics(settings.stream.topic_prefix)
    source = f"hanzo-twin/{socket.gethostname()}/{os.getpid()}"
    tokens = FixedToken(token) if isinstance(token, str) else token or token_source(settings)
    producer = await bus.producer()
    try:
        control = await Control.open(
            bus, topics, producer, org=settings.security.organization, source=source, tokens=tokens
        )
    except BaseException:
        await producer.close()
        raise
    return Twins(bus, topics, producer, control, source, tokens)
