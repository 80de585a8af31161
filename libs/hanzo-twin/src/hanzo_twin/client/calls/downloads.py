"""Bringing a scene out."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from hanzo_twin.client.calls.scenes import get_download
from hanzo_twin.client.files import digest
from hanzo_twin.client.problems import Unexpected
from hanzo_twin.client.session import Plan, Session, patient
from hanzo_twin.client.wire import Flow, Request, work


def download_scene(
    ref: str, into: Path | str, *, version: int | None = None, compiled: bool = False
) -> Plan[Path]:
    """Save a scene's source, or its compiled model, and check its digest.

    Args:
        ref: UUID or name of the scene.
        into: a folder, or the file to write.
        version: which one; the newest if not given.
        compiled: the compiled model.

    Returns:
        Where it lies.

    Raises:
        NotFound: there is no such scene or version.
        Unexpected: what came isn't what was stored.
    """

    def flow(session: Session) -> Flow[Path]:
        link = yield from get_download(ref, version=version, compiled=compiled)(session)
        wanted = Path(into)
        target = wanted / (_name(link.file) or _name(ref) or "scene") if wanted.is_dir() else wanted
        part = target.with_name(f".{target.name}.part")
        try:
            yield from patient(session.retry, Request("GET", link.url, into=part))
            found = yield from work(partial(digest, part))
            if link.digest and found != link.digest:
                raise Unexpected(f"{ref}: the content has digest {found}, not {link.digest}; load it again")
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return target

    return flow


def _name(path: str) -> str:
    """The last part of a path; empty when that is no name of a file."""
    name = Path(path).name
    return "" if name == ".." else name
