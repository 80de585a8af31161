"""Scenes and their versions; `uploads` brings them in."""

from __future__ import annotations

from hanzo_twin.client.calls.paths import Pages, as_json, get, given, nothing, path
from hanzo_twin.client.session import Call, one
from hanzo_twin.client.wire import Request
from hanzo_twin.models import Download, Scene, SceneSummary, SceneVersion, Validation


def list_scenes(*, name: str | None = None, page_size: int = 100) -> Pages[SceneSummary]:
    """All scenes, by name."""
    return Pages(SceneSummary, path("scenes"), given(name=name, limit=page_size))


def get_scene(ref: str) -> Call[Scene]:
    """The scene with this UUID or name, with its versions and proposals."""
    return get(Scene, "scenes", ref)


def get_scene_version(ref: str, version: int) -> Call[SceneVersion]:
    """One version of a scene."""
    return get(SceneVersion, "scenes", ref, "versions", version)


def delete_scene(ref: str, version: int | None = None) -> Call[None]:
    """Delete a scene, or one version of it.

    Raises:
        Conflict: a twin uses it; the message names which.
    """
    parts = ("scenes", ref) if version is None else ("scenes", ref, "versions", version)
    return Call(Request("DELETE", path(*parts)), nothing)


def validate_scene(ref: str, engine: str, *, version: int | None = None) -> Call[Validation]:
    """Whether an engine can run a scene, and what it can't represent.

    Args:
        ref: UUID or name of the scene.
        engine: such as mujoco.
        version: which one; the newest if not given.
    """
    body = as_json(given(engine=engine, version=version))
    return Call(Request("POST", path("scenes", ref, "validate"), body=body), one(Validation))


def get_download(ref: str, *, version: int | None = None, compiled: bool = False) -> Call[Download]:
    """A link to a scene's source, or to its compiled model."""
    kind = "compiled" if compiled else "source"
    return get(Download, "scenes", ref, "download", version=version, **{"as": kind})


def decide_proposal(
    ref: str, proposal: str, *, accept: bool, note: str | None = None
) -> Call[SceneVersion | None]:
    """Accept a proposed version of a scene, or turn it down."""
    body = as_json(given(accept=accept, note=note))
    request = Request("POST", path("scenes", ref, "proposals", proposal), body=body)
    read = one(SceneVersion)
    return Call(request, lambda answer: read(answer) if accept and answer.content else None)
