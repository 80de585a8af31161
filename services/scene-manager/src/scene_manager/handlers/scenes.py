"""Registering a scene version."""

from __future__ import annotations

from scene_manager.domain.cause import Asked
from scene_manager.domain.decision import Decision
from scene_manager.domain.facts import registered
from scene_manager.domain.identity import aggregate_id
from scene_manager.domain.ports import Transaction
from scene_manager.domain.scene import SceneFile, check_scene_name
from twin_schemas.records.register_scene_version import RegisterSceneVersion


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
