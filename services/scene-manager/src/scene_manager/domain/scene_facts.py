"""What the world is told when a scene has changed."""

from __future__ import annotations

from scene_manager.domain.effects import Effect, Written
from scene_manager.domain.scene import Version
from twin_schemas.records.scene_version import SceneVersion

SCENES = "scene.versions"


def registered(version: Version) -> tuple[Effect, ...]:
    """A new scene version."""
    record = SceneVersion(
        scene=version.scene,
        org=version.org,
        name=version.name,
        version=version.number,
        digest=version.file.digest,
        file=version.file.file,
        size=version.file.size,
        created_ns=version.created_ns,
        actor=version.actor,
        note=version.file.note,
    )
    return (Written(version.scene, SCENES, f"{version.scene}/{version.number}", record),)
