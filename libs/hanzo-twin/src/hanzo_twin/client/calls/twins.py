"""Twins: what shall be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hanzo_twin.client.calls.paths import Pages, as_json, get, given, nothing, path
from hanzo_twin.client.session import Call, one
from hanzo_twin.client.wire import Request
from hanzo_twin.models import Twin


def list_twins(
    *,
    org: str | None = None,
    tags: Sequence[str] = (),
    engine: str | None = None,
    phase: str | None = None,
    page_size: int = 100,
) -> Pages[Twin]:
    """All twins that one may see, by name; without their definitions.

    Args:
        org: owning organisation.
        tags: they have all of these.
        engine: type of their engine.
        phase: where they are.
        page_size: how many come with one request.
    """
    query = given(org=org, engine=engine, phase=phase, limit=page_size)
    return Pages(Twin, path("twins"), query | ({"tag": list(tags)} if tags else {}))


def get_twin(ref: str) -> Call[Twin]:
    """The twin with this UUID, name or alias `twin-<name>`.

    Raises:
        NotFound: there is none.
    """
    return get(Twin, "twins", ref)


def create_twin(
    definition: str | Mapping[str, Any],
    *,
    scene: str | None = None,
    scene_version: int | None = None,
    reason: str | None = None,
) -> Call[Twin]:
    """Create a twin; it doesn't run yet.

    Args:
        definition: the standard's YAML, or the same as a mapping.
        scene: name of its scene; taken from the definition's `scene.uri` if not given.
        scene_version: which one; the newest if not given.
        reason: why, for the record.

    Raises:
        Invalid: the definition is wrong; `errors` has the paths and lines.
        Conflict: the name is taken.
    """
    query = given(scene=scene, scene_version=scene_version, reason=reason)
    if isinstance(definition, str):
        content = definition.encode()
        headers = {"Content-Type": "application/yaml"}
        return Call(Request("POST", path("twins"), query, headers, lambda: {"content": content}), one(Twin))
    body = as_json({"definition": dict(definition), **query})
    return Call(Request("POST", path("twins"), body=body), one(Twin))


def update_twin(
    ref: str,
    changes: Mapping[str, Any],
    *,
    scene: str | None = None,
    scene_version: int | None = None,
    revision: int | None = None,
    reason: str | None = None,
) -> Call[Twin]:
    """Change a twin's definition; what a running one can't take acts from its next start (`restart_needed`).

    Args:
        ref: UUID or name.
        changes: JSON merge patch: new values by key, None takes a key away.
        scene: name of another scene.
        scene_version: another version; the newest of a new scene if not given.
        revision: that the change is meant for; any if not given.
        reason: why, for the record.

    Raises:
        RevisionConflict: it has another revision by now.
        Invalid: the new definition is wrong, or changes what can't change.
    """
    headers = {"Content-Type": "application/merge-patch+json", **_only(revision)}
    query = given(scene=scene, scene_version=scene_version, reason=reason)
    return Call(Request("PATCH", path("twins", ref), query, headers, as_json(dict(changes))), one(Twin))


def delete_twin(ref: str, *, revision: int | None = None, reason: str | None = None) -> Call[None]:
    """Take a twin away for good, with its state, its journal and its public stream."""
    query = given(reason=reason)
    return Call(Request("DELETE", path("twins", ref), query, _only(revision)), nothing)


def start_twin(ref: str, *, revision: int | None = None, reason: str | None = None) -> Call[Twin]:
    """Ask for a twin to run; `wait_for_phase` waits until it does.

    Raises:
        Conflict: it runs already.
    """
    return _ask(ref, "start", revision, reason)


def stop_twin(ref: str, *, revision: int | None = None, reason: str | None = None) -> Call[Twin]:
    """Ask for a twin to stop; its state is kept."""
    return _ask(ref, "stop", revision, reason)


def _ask(ref: str, verb: str, revision: int | None, reason: str | None) -> Call[Twin]:
    body = as_json(given(reason=reason))
    return Call(Request("POST", path("twins", ref, verb), headers=_only(revision), body=body), one(Twin))


def _only(revision: int | None) -> dict[str, str]:
    """The header that makes a change conditional."""
    return {} if revision is None else {"If-Match": f'"{revision}"'}
