"""Changing a twin's definition: at once where it can be, else with the next start."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from scene_manager.domain.cause import Asked
from scene_manager.domain.decision import Decision
from scene_manager.domain.facts import revised
from scene_manager.domain.patch import Values, differences, merged, with_live
from scene_manager.domain.ports import Transaction
from scene_manager.domain.revision import Pending, check_reason
from scene_manager.domain.scene import PinnedScene, check_scene_name
from scene_manager.domain.twin import Twin
from scene_manager.errors import Refused
from scene_manager.handlers.definitions import Definitions
from scene_manager.handlers.merge_patches import read_patch
from scene_manager.handlers.twins import the_twin
from twin_common.definition import TwinDefinition
from twin_common.yaml_lines import Document
from twin_schemas.records.update_twin import UpdateTwin

MAX_SPEC_BYTES: Final = 900_000
"""A spec with what is pending has to fit into a Kafka record (1 MB by default), too."""

_SCENE_URI: Final = re.compile(r"scene:(?P<name>[^/]+)|s3://(?:[^/]+/)+scenes/(?P<folder>[^/]+)/.+")
_OURS: Final = ("created_at", "updated_at")  # set by the service; a value from outside is ignored


async def update_twin(
    command: UpdateTwin, asked: Asked, tx: Transaction, *, definitions: Definitions
) -> Decision:
    """Give a twin another definition or scene.

    Nothing of it runs: all of it acts at once. Else those parts do that a running twin can take, and the rest waits
    for the next start.

    Raises:
        Refused: the patch or what it leads to is wrong; nothing has changed.
    """
    reason = check_reason(command.reason)
    patch = read_patch(command.patch)
    before = await the_twin(command.twin, command.expected_revision, asked, tx)
    for name in _OURS:
        patch.value.pop(name, None)
    _check_identity(before, patch)
    base = _values(before.pending.definition if before.pending else before.definition)
    document = Document(merged(base, patch.value), patch.lines)
    _, text = definitions.check(document, asked.org)
    wanted: Values = json.loads(text)
    pinned = before.pending.scene if before.pending else before.scene
    scene = await _scene(command, pinned, base["scene"], wanted["scene"], asked.org, tx)
    paths = tuple(sorted({*differences(base, wanted), *_scene_paths(pinned, scene)}))
    if before.at_rest:
        after = before.revise(text, scene, None, asked.made(reason))
    else:
        active = _active(before, wanted, definitions)
        waiting = {*differences(_values(active), wanted), *_scene_paths(before.scene, scene)}
        pending = Pending(text, scene, tuple(sorted(waiting))) if waiting else None
        after = before.revise(active, before.scene, pending, asked.made(reason))
    _check_size(after)
    if after is not before:
        await tx.twins.save(after, expected_revision=before.revision)
    effects = revised(before, after, paths)
    return Decision(after.id, after.name, after.revision, effects, restart_needed=after.restart_needed)


def _values(definition: str) -> Values:
    """A definition that is kept, with the defaults of what it didn't know yet."""
    values: Values = json.loads(TwinDefinition.model_validate_json(definition).canonical_json())
    return values


def _check_identity(twin: Twin, patch: Document) -> None:
    """Refuse to rename a twin or to give it away; saying what it is already is no change."""
    known = {"id": twin.id, "name": twin.name, "organization": twin.org}
    for field, value in known.items():
        if field in patch.value and patch.value.pop(field) != value:
            raise Refused(
                "immutable_field",
                f"{field} of twin {twin.name!r} can't change; create another twin with a definition of its own",
                field=field,
                line=patch.lines.get((field,)),
            )


async def _scene(
    command: UpdateTwin, pinned: PinnedScene, base: Any, wanted: Any, org: str, tx: Transaction
) -> PinnedScene:
    """The scene version that is wanted; the pinned one when nothing names another."""
    name, version = pinned.name, wanted["version"]
    renamed = command.scene or (_named(wanted["uri"]) if wanted["uri"] != base["uri"] else None)
    if renamed is not None and renamed != pinned.name:
        check_scene_name(renamed)
        name = renamed
        if wanted["version"] == base["version"]:
            version = None  # it was meant for the scene before
    elif command.scene_version is None and wanted["version"] == base["version"]:
        return pinned
    if command.scene_version is not None:
        version = command.scene_version
    if (name, version) == (pinned.name, pinned.version):
        return pinned
    return await tx.scenes.pin(org, name, version)


def _named(uri: str) -> str | None:
    """The stored scene that a URI names, if it does."""
    match = _SCENE_URI.fullmatch(uri)
    return None if match is None else match["name"] or match["folder"]


def _scene_paths(before: PinnedScene, after: PinnedScene) -> tuple[str, ...]:
    if before == after:
        return ()
    return ("scene.version",) if before.name == after.name else ("scene",)


def _active(twin: Twin, wanted: Values, definitions: Definitions) -> str:
    """What acts from now on; nothing new when the new parts don't fit to the old ones."""
    composed = with_live(_values(twin.definition), wanted)
    try:
        return definitions.check(Document(composed), twin.org)[1]
    except Refused:
        return twin.definition


def _check_size(twin: Twin) -> None:
    if twin.pending is None:
        return
    size = len(twin.definition.encode()) + len(twin.pending.definition.encode())
    if size > MAX_SPEC_BYTES:
        raise Refused(
            "definition_too_large",
            f"the definition that runs and the one that waits for a restart have {size} bytes together; stop the twin "
            f"first, or shorten them to {MAX_SPEC_BYTES}",
        )
