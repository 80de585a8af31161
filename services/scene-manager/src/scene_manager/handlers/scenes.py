"""Registering a scene version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from scene_manager.domain.cause import Asked
from scene_manager.domain.decision import Decision
from scene_manager.domain.identity import aggregate_id
from scene_manager.domain.ports import Transaction
from scene_manager.domain.scene import SceneFile, check_scene_name
from scene_manager.domain.scene_facts import registered
from scene_manager.handlers.command import Command
from twin_common.blobs import BlobStore
from twin_schemas.record import Record
from twin_schemas.records.register_scene_version import RegisterSceneVersion


@dataclass(frozen=True, slots=True)
class SceneRules:
    """What the deployment allows of scenes.

    Attributes:
        max_bytes: larger scene files are refused.
        blobs: where scene files lie.
    """

    max_bytes: int
    blobs: BlobStore


def scene_commands(rules: SceneRules) -> Mapping[type[Record], Command]:
    """Every command that is about a scene."""
    return {
        RegisterSceneVersion: Command(
            "scenes.upload", partial(register_scene_version, max_bytes=rules.max_bytes)
        ),
    }


async def register_scene_version(
    command: RegisterSceneVersion, asked: Asked, tx: Transaction, *, max_bytes: int
) -> Decision:
    """Make a stored file a version of a scene; a file that is one already stays the version that it is."""
    check_scene_name(command.name)
    file = SceneFile(command.digest, command.file, command.size, command.note)
    file.check(max_bytes)
    version, new = await tx.scenes.register(
        asked.org,
        command.name,
        file,
        scene_id=aggregate_id(asked.id),
        created_ns=asked.at_ns,
        actor=asked.actor,
    )
    return Decision(version.scene, version.name, version.number, registered(version) if new else ())
