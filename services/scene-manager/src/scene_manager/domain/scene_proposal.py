"""Versions that suggest themselves: a scene uses another, of which there is a newer version."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from scene_manager.domain.scene import PinnedScene, Use, Version

_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "hanzo.twin/proposals")


class Fate(StrEnum):
    """What became of a proposal that isn't open any more."""

    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    REPLACED = "replaced"  # by a newer proposal, a newer version, or its scene's end


@dataclass(frozen=True, slots=True)
class Proposal:
    """A new version of a scene that a newer version of something it uses suggests.

    Attributes:
        id: UUID.
        scene: UUID of the scene.
        base: version that it would follow.
        uses: all uses as they would be.
        created_ns: ns since the Unix epoch.
        actor: who registered the version that led to it.
        note: what is new.
    """

    id: str
    scene: str
    org: str
    name: str
    base: int
    uses: tuple[Use, ...]
    created_ns: int
    actor: str
    note: str


def proposal_id(cause: str, scene: str) -> str:
    """The UUID of what a command suggests for a scene: the same one whenever the command is repeated."""
    return str(uuid.uuid5(_NAMESPACE, f"{cause}/{scene}"))


def renewed(version: Version, newest: Mapping[str, PinnedScene]) -> tuple[Use, ...]:
    """The uses of a version if each were the newest there is; the same when nothing is newer.

    Args:
        version: a scene version.
        newest: by name, the newest versions of scenes it uses; one that is gone isn't there.
    """
    return tuple(_renewed(use, newest.get(use.scene)) for use in version.file.uses)


def _renewed(use: Use, newest: PinnedScene | None) -> Use:
    if newest is None or newest.version <= use.version:
        return use
    return replace(use, version=newest.version, digest=newest.digest)


def what_is_new(before: tuple[Use, ...], after: tuple[Use, ...]) -> str:
    """Both in a line: `robot 3 instead of 2 at parts/robot.usda`."""
    changes = [
        f"{new.scene} {new.version} instead of {old.version} at {new.path}"
        for old, new in zip(before, after, strict=True)
        if old != new
    ]
    return "; ".join(changes)[:1000]
