"""`hanzo-twin create` and `hanzo-twin update`: what a twin shall be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from hanzo_twin.cli.arguments import AsJson, Profile, Reason, Twin
from hanzo_twin.cli.outcome import console, emit
from hanzo_twin.cli.progress import uploading
from hanzo_twin.cli.reach import api, variables
from hanzo_twin.errors import HanzoTwinError
from hanzo_twin.models import Twin as TwinModel
from hanzo_twin.twinfile import bring, read

Config = Annotated[Path, typer.Option("--config", "-c", help="The twin's YAML.", show_default=False)]


class SettingWrong(HanzoTwinError, ValueError):
    """A `--set` isn't `path=value`."""

    exit_code = 2


def create(
    config: Config,
    start: Annotated[bool, typer.Option("--start", help="Start it, and wait until it runs.")] = False,
    scene: Annotated[
        str | None, typer.Option(help="Name of its scene.", show_default="the twin's name")
    ] = None,
    scene_version: Annotated[
        int | None, typer.Option(min=1, help="A version that is there; nothing is uploaded then.")
    ] = None,
    reason: Reason = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Create a twin from its YAML; the scene file or folder that it names beside it is uploaded.

    `${NAME}` in the file stands for an environment variable, or for a broker of the local stack.
    """
    with api(profile, as_json=as_json) as client, uploading(console()) as progress:
        given = read(config, variables(profile))
        plan = bring(
            given, scene=scene, scene_version=scene_version, reason=reason, start=start, progress=progress
        )
        twin = client.run(plan).twin
        if start:
            twin = client.wait_for_phase(twin.id, "running")
        done = "created and runs" if start else f"created; start it with: hanzo-twin start {twin.name}"
        _said(twin, done, as_json)


def update(
    name: Twin,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="YAML with the new values.", show_default=False)
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="One new value, as sync.rate_hz=20; null takes it away. Repeatable."),
    ] = None,
    scene_version: Annotated[int | None, typer.Option(min=1, help="Another version of its scene.")] = None,
    revision: Annotated[
        int | None, typer.Option(min=1, help="Only if the twin still has this revision.")
    ] = None,
    reason: Reason = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Change a twin's definition; a scene that the YAML names beside it is uploaded.

    What a running twin can't take acts from its next start.
    """
    with api(profile, as_json=as_json) as client, uploading(console()) as progress:
        given = read(config, variables(profile)) if config else None
        patch = dict(given.content) if given else {}
        if given is not None and given.scene is not None:
            patch.pop("scene")
            if scene_version is None:
                pinned = client.get_twin(name).scene
                scene = pinned.name if pinned else given.name
                made = client.upload_scene(given.scene, name=scene, note=reason, progress=progress)
                scene_version = made.version
        merged(patch, changes or ())
        twin = client.update_twin(name, patch, scene_version=scene_version, revision=revision, reason=reason)
        waiting = ", ".join(twin.restart_needed)
        restart = f"; {waiting}: from the next start (hanzo-twin stop, then start)" if waiting else ""
        _said(twin, f"has revision {twin.revision}{restart}", as_json)


def merged(patch: dict[str, Any], changes: Sequence[str]) -> None:
    """Put values by their paths into a merge patch.

    Raises:
        SettingWrong: one isn't `path=value`.
    """
    for change in changes:
        path, equals, text = change.partition("=")
        keys = path.strip().split(".")
        if not equals or not all(keys):
            raise SettingWrong(f"--set {change}: write it as path=value, such as sync.rate_hz=20")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError:
            raise SettingWrong(f"--set {change}: the value is no YAML") from None
        inner = patch
        for key in keys[:-1]:
            below = inner.get(key)
            inner[key] = below = below if isinstance(below, dict) else {}
            inner = below
        inner[keys[-1]] = value


def _said(twin: TwinModel, done: str, as_json: bool) -> None:
    console().print(f"twin {twin.name} {done}", soft_wrap=True)
    if as_json:
        emit(json.loads(twin.model_dump_json()))
