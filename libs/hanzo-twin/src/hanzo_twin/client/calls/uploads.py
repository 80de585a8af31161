"""Bringing a scene in: in one request, or put into the object store first when it is big."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from hanzo_twin.client.calls.paths import as_json, given, path
from hanzo_twin.client.files import Counter, Outgoing, Progress, Source, digest, find, pack
from hanzo_twin.client.session import Call, Plan, Session, one, patient
from hanzo_twin.client.wire import Flow, Request, work
from hanzo_twin.models import UploadedScene, UploadTicket

BIG = 32 << 20
"""From so many bytes on a scene doesn't go through the API."""


def upload_scene(
    source: Path | str,
    *,
    name: str,
    note: str | None = None,
    root: str | None = None,
    uses: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    big: int = BIG,
) -> Plan[UploadedScene]:
    """Upload a scene: a USD file, an archive (.zip, .tar.gz, .usdz), or a folder with everything that it needs.

    The same content gives the same version again.

    Args:
        source: file or folder.
        name: of the scene.
        note: why there is a new version.
        root: USD file that the scene begins with, where a folder or archive has several.
        uses: versions of other scenes that it refers to, as `{"/World/Robot": "robot-arm@2"}`.
        progress: is told bytes done and bytes in all.
        big: from so many bytes on it is put into the object store directly.

    Raises:
        SceneFilesMissing: there is no scene at the path.
        Invalid: it isn't a scene that can be used; the message says what to correct.
    """
    fields = given(name=name, note=note, root=root, uses=dict(uses) if uses else None)

    def flow(session: Session) -> Flow[UploadedScene]:
        found = yield from work(partial(find, Path(source)))
        if found.size < big:
            return (yield from _at_once(found, fields, progress)(session))
        with tempfile.TemporaryDirectory(prefix="hanzo-twin-") as folder:
            one_file = found.files[0][1]
            if found.folder:
                one_file = yield from work(partial(pack, found, Path(folder)))
            return (yield from _through_the_store(one_file, fields, progress)(session))

    return flow


def _at_once(found: Source, fields: Mapping[str, Any], progress: Progress | None) -> Call[UploadedScene]:
    counter = Counter(found.size, progress)
    data = {key: json.dumps(value) if key == "uses" else value for key, value in fields.items()}
    kind = "files" if found.folder else "file"

    def body() -> Mapping[str, Any]:
        counter.restart()
        parts = [
            (kind, (relative, Outgoing(file, counter), "application/octet-stream"))
            for relative, file in found.files
        ]
        return {"data": data, "files": parts}

    return Call(Request("POST", path("scenes"), body=body), one(UploadedScene))


def _through_the_store(
    file: Path, fields: Mapping[str, Any], progress: Progress | None
) -> Plan[UploadedScene]:
    def flow(session: Session) -> Flow[UploadedScene]:
        size = file.stat().st_size
        content = yield from work(partial(digest, file))
        asked = Request("POST", path("scenes", "uploads"), body=as_json({"digest": content, "size": size}))
        ticket = yield from Call(asked, one(UploadTicket))(session)
        yield from _put(session, ticket, file, Counter(size, progress))
        whole = {**fields, "digest": content, "file": file.name, "size": size}
        return (
            yield from Call(Request("POST", path("scenes"), body=as_json(whole)), one(UploadedScene))(session)
        )

    return flow


def _put(session: Session, ticket: UploadTicket, file: Path, counter: Counter) -> Flow[None]:
    """Put a file where the ticket says; the store is told nothing of us but what the ticket has."""
    with closing(Outgoing(file, counter)) as outgoing:

        def body() -> Mapping[str, Any]:
            counter.restart()
            outgoing.seek(0)
            return {"content": outgoing}

        headers = {"Content-Length": str(file.stat().st_size), **ticket.headers}
        yield from patient(session.retry, Request(ticket.method, ticket.url, headers=headers, body=body))
