"""Rows of scene versions and proposals as values."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from asyncpg import Record

from scene_manager.domain.scene import SceneFile, Use, Version
from scene_manager.domain.scene_check import Checked
from scene_manager.domain.scene_proposal import Proposal

VERSIONS: Final = """
    SELECT s.id, s.org, s.name, v.version, v.digest, v.file, v.size, v.note, v.created_ns, v.actor,
           v.uses, v.model_digest, v.compiled, v.warnings, v.parent
      FROM scenes s JOIN scene_versions v ON v.scene = s.id AND v.deleted_ns IS NULL
"""

PROPOSALS: Final = """
    SELECT p.id, p.scene, s.org, s.name, p.base, p.uses, p.created_ns, p.actor, p.note, p.fate
      FROM scene_proposals p JOIN scenes s ON s.id = p.scene
"""


def to_version(row: Record) -> Version:
    """A row of `VERSIONS`."""
    checked = None
    if row["compiled"] is not None:
        checked = Checked(row["model_digest"], row["compiled"], tuple(json.loads(row["warnings"])))
    return Version(
        scene=str(row["id"]),
        org=row["org"],
        name=row["name"],
        number=row["version"],
        file=SceneFile(row["digest"], row["file"], row["size"], row["note"], from_uses(row["uses"])),
        created_ns=row["created_ns"],
        actor=row["actor"],
        parent=row["parent"],
        checked=checked,
    )


def to_proposal(row: Record) -> Proposal:
    """A row of `PROPOSALS`."""
    return Proposal(
        id=str(row["id"]),
        scene=str(row["scene"]),
        org=row["org"],
        name=row["name"],
        base=row["base"],
        uses=from_uses(row["uses"]),
        created_ns=row["created_ns"],
        actor=row["actor"],
        note=row["note"],
    )


def from_uses(text: str) -> tuple[Use, ...]:
    """What `uses_json` wrote."""
    return tuple(Use(*each) for each in json.loads(text))


def uses_json(uses: Iterable[Use]) -> str:
    """Uses as a list of lists."""
    return json.dumps([[use.path, use.scene, use.version, use.digest] for use in uses])
