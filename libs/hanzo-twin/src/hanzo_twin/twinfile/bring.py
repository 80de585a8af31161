"""From a twin's file to a twin: its scene uploaded, created, and started if asked."""

from __future__ import annotations

from dataclasses import dataclass

from hanzo_twin.client.calls.twins import create_twin, get_twin, start_twin
from hanzo_twin.client.calls.uploads import upload_scene
from hanzo_twin.client.files import Progress
from hanzo_twin.client.problems import Conflict, NotFound
from hanzo_twin.client.session import Plan, Session
from hanzo_twin.client.wire import Flow
from hanzo_twin.errors import TwinDiffers
from hanzo_twin.models import Twin, UploadedScene
from hanzo_twin.twinfile.differences import canonical, differences
from hanzo_twin.twinfile.read import Given


@dataclass(frozen=True, slots=True)
class Brought:
    """A twin, and how it came about.

    Attributes:
        twin: as it is now.
        scene: the version that was uploaded or found, when the file names a scene beside it.
        attached: the twin was there already.
    """

    twin: Twin
    scene: UploadedScene | None
    attached: bool


def bring(
    given: Given,
    *,
    scene: str | None = None,
    scene_version: int | None = None,
    reason: str | None = None,
    start: bool = False,
    attach: bool = False,
    progress: Progress | None = None,
) -> Plan[Brought]:
    """Upload the scene, create the twin, and ask for it to run.

    Args:
        given: the twin's file.
        scene: name of its scene; the twin's name if not given, where the file names a scene beside it.
        scene_version: an existing version; nothing is uploaded then.
        reason: why, for the record.
        start: it shall run.
        attach: a twin of this name with the same definition and scene is as good.
        progress: of the upload.

    Raises:
        DefinitionError: the definition is wrong, as far as can be seen here.
        TwinDiffers: one of this name has another definition or scene.
        ApiError: of any of the calls.
    """

    def flow(session: Session) -> Flow[Brought]:
        canonical(given)  # what is wrong with it had better be known before its scene is uploaded
        present = (yield from _present(given)(session)) if attach else None
        if present is not None:
            _same(present, differences(given, present))
        uploaded = None
        name = scene or given.name  # without any, the API says what is wrong with the definition
        if given.scene is not None and scene_version is None and name:
            uploaded = yield from upload_scene(given.scene, name=name, note=reason, progress=progress)(
                session
            )
        if present is not None:
            other = (
                uploaded is not None and present.scene is not None and uploaded.digest != present.scene.digest
            )
            _same(present, ["the scene file"] if other else [])
            twin = present
        else:
            chosen = uploaded.name if uploaded else scene
            version = uploaded.version if uploaded else scene_version
            twin = yield from create_twin(given.text, scene=chosen, scene_version=version, reason=reason)(
                session
            )
        if start and twin.desired != "running":
            twin = yield from _started(twin, reason)(session)
        return Brought(twin, uploaded, present is not None)

    return flow


def _present(given: Given) -> Plan[Twin | None]:
    def flow(session: Session) -> Flow[Twin | None]:
        if not given.name:
            return None
        try:
            return (yield from get_twin(given.name)(session))
        except NotFound:
            return None

    return flow


def _started(twin: Twin, reason: str | None) -> Plan[Twin]:
    def flow(session: Session) -> Flow[Twin]:
        try:
            return (yield from start_twin(twin.id, reason=reason)(session))
        except Conflict as error:
            if error.code != "already_running":  # somebody else was faster
                raise
            return (yield from get_twin(twin.id)(session))

    return flow


def _same(twin: Twin, changed: list[str]) -> None:
    if changed:
        raise TwinDiffers(
            f"there is a twin {twin.name!r} already, and {', '.join(changed)} differ from it. Change that one with "
            f"`hanzo-twin update {twin.name}`, remove it with `hanzo-twin delete {twin.name}`, or give this one "
            "another name"
        )
