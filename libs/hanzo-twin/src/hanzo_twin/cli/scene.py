"""`hanzo-twin scene …`: scenes and their versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from hanzo_twin.cli.arguments import AsJson, DeletedVersion, Profile, Scene, SceneName, SceneVersion, Watch
from hanzo_twin.cli.outcome import console, emit
from hanzo_twin.cli.progress import uploading
from hanzo_twin.cli.reach import api, one_of
from hanzo_twin.cli.shown import out, show, table, when
from hanzo_twin.errors import HanzoTwinError
from hanzo_twin.models import Scene as SceneModel
from hanzo_twin.models import Validation

app = typer.Typer(help="Upload, list, check, fetch and delete scenes.", no_args_is_help=True)


class SceneUnfit(HanzoTwinError, ValueError):
    """An engine can't run a scene."""

    exit_code = 5


@app.command()
def upload(
    name: Annotated[str, typer.Option("--name", help="Of the scene.", show_default=False)],
    path: Annotated[
        Path, typer.Option("--path", help="A USD file, an archive of them, or a folder.", show_default=False)
    ],
    root: Annotated[
        str | None, typer.Option(help="The file that the scene begins with, where there are several.")
    ] = None,
    note: Annotated[str | None, typer.Option(help="Why there is a new version.")] = None,
    uses: Annotated[
        list[str] | None,
        typer.Option(help="A version of another scene, as PATH=SCENE@VERSION. Repeatable."),
    ] = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Upload a new version of a scene. The same content gives the same version again."""
    with api(profile, as_json=as_json) as client, uploading(console()) as progress:
        used = dict(_used(each) for each in uses or ())
        made = client.upload_scene(path, name=name, note=note, root=root, uses=used, progress=progress)
        console().print(f"scene {made.name} has version {made.version}, digest {made.digest}", soft_wrap=True)
        for warning in made.warnings:
            console().print(f"warning: {warning}", soft_wrap=True, style="yellow")
        if as_json:
            emit(json.loads(made.model_dump_json()))


@app.command("list")
def list_scenes(watch: Watch = False, profile: Profile = None, as_json: AsJson = False) -> None:
    """List scenes by name."""
    with api(profile, as_json=as_json) as client:

        def ask() -> tuple[object, RenderableType]:
            found = list(client.list_scenes())
            made = table("scene", "latest", "versions", "changed", numbers=("latest", "versions"))
            for scene in found:
                made.add_row(scene.name, str(scene.latest), str(scene.versions), when(scene.updated_at))
            nothing = "no scenes; upload one with: hanzo-twin scene upload --name NAME --path PATH"
            told = {"scenes": [json.loads(scene.model_dump_json()) for scene in found]}
            return told, made if found else nothing

        show(ask, as_json=as_json, watch=watch)


@app.command("show")
def show_scene(
    name: Scene = None, named: SceneName = None, profile: Profile = None, as_json: AsJson = False
) -> None:
    """Show a scene with all its versions."""
    ref = one_of(name, named, "scene")
    with api(profile, as_json=as_json) as client:

        def ask() -> tuple[object, RenderableType]:
            found = client.get_scene(ref)
            return json.loads(found.model_dump_json()), _shown(found)

        show(ask, as_json=as_json, watch=False)


@app.command()
def validate(
    engine: Annotated[str, typer.Option(help="Such as mujoco.", show_default=False)],
    name: Scene = None,
    named: SceneName = None,
    version: SceneVersion = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Check whether an engine can run a scene, and what it can't represent. Exit code 5: it can't."""
    ref = one_of(name, named, "scene")
    with api(profile, as_json=as_json) as client:
        found = client.validate_scene(ref, engine, version=version)
        if as_json:
            emit(json.loads(found.model_dump_json()))
        else:
            out().print(_verdict(ref, found))
    if not found.ok:
        raise typer.Exit(SceneUnfit.exit_code)


@app.command()
def download(
    name: Scene = None,
    named: SceneName = None,
    into: Annotated[Path, typer.Option(help="A folder, or the file to write.")] = Path(),
    version: SceneVersion = None,
    compiled: Annotated[bool, typer.Option("--compiled", help="The compiled model, not the source.")] = False,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Save a scene's source, or its compiled model."""
    ref = one_of(name, named, "scene")
    with api(profile, as_json=as_json) as client:
        path = client.download_scene(ref, into, version=version, compiled=compiled)
        console().print(f"saved {path}", soft_wrap=True)
        if as_json:
            emit({"scene": ref, "file": str(path)})


@app.command()
def delete(
    name: Scene = None,
    named: SceneName = None,
    version: DeletedVersion = None,
    profile: Profile = None,
    as_json: AsJson = False,
) -> None:
    """Delete a scene with all its versions, or one version of it, that no twin uses."""
    ref = one_of(name, named, "scene")
    with api(profile, as_json=as_json) as client:
        client.delete_scene(ref, version)
        what = (
            f"scene {ref} with all its versions" if version is None else f"version {version} of scene {ref}"
        )
        console().print(f"{what} is deleted", soft_wrap=True)
        if as_json:
            emit({"scene": ref, "version": version, "deleted": True})


def _used(text: str) -> tuple[str, str]:
    path, equals, version = text.partition("=")
    if not equals or "@" not in version:
        raise typer.BadParameter(
            f"--uses {text}: write it as PATH=SCENE@VERSION, such as arm.usda=robot-arm@2"
        )
    return path, version


def _shown(scene: SceneModel) -> RenderableType:
    made = table("version", "file", "size", "digest", "made", "by", "note", numbers=("version", "size"))
    for each in sorted(scene.versions, key=lambda version: version.version, reverse=True):
        made.add_row(
            str(each.version),
            each.file,
            str(each.size),
            each.digest[:12],
            when(each.created_at),
            each.created_by or "",
            each.note or "",
        )
    head = Text(f"scene {scene.name}, {scene.id}", style="bold")
    proposed = [
        Text(f"proposed {each.id}: from version {each.base}, {each.note or 'what it uses has a new version'}")
        for each in scene.proposals
    ]
    return Group(head, made, *proposed)


def _verdict(ref: str, found: Validation) -> RenderableType:
    can = "can run" if found.ok else "can't run"
    head = Text(f"{found.engine} {can} {ref} version {found.version}", style="green" if found.ok else "red")
    if not found.findings:
        return head
    made = table("severity", "what", "where", "remedy")
    for finding in found.findings:
        made.add_row(finding.severity, f"{finding.code}: {finding.message}", finding.path, finding.remedy)
    return Group(head, made)
