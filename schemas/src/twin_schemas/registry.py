"""An external schema registry (Confluent's REST API): its ids take the place of the catalogue's.

Schemas are found by their text under the subject of the full type name, so it doesn't matter in which order, or
by whom, they were registered.
"""

import json
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

from twin_schemas import releases
from twin_schemas.avsc import NAMESPACE
from twin_schemas.errors import RegistryUnreachable, SubjectMissing
from twin_schemas.layout import Layout, layout

_MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
_SUBJECT_NOT_FOUND = 40401
_SCHEMA_NOT_FOUND = 40403


def subject(release: releases.Release) -> str:
    """The subject of a release: the full name of its type."""
    return f"{NAMESPACE}.{release.type}"


def ids(url: str, *, files: Layout | None = None, timeout_s: float = 10.0) -> dict[str, dict[int, int]]:
    """What the registry calls our releases: subject → our version → its id, for `Codec`.

    Releases that were superseded may be missing there: nobody writes them any more.

    Args:
        url: of the registry, such as `http://127.0.0.1:8081`.
        files: the catalogue to look for.
        timeout_s: of one request.

    Raises:
        SubjectMissing: the newest release of a type isn't there; the error names the subject.
        RegistryUnreachable: no answer, or none that can be understood.
    """
    found: dict[str, dict[int, int]] = {}
    known = releases.load((files or layout()).ids)
    newest = releases.latest(known)
    registry = _Registry(url, timeout_s)
    for release, text in _texts(files or layout()):
        status, answer = registry.post(f"/subjects/{quote(subject(release), safe='')}", {"schema": text})
        if status == 200 and type(answer.get("id")) is int:
            found.setdefault(subject(release), {})[release.version] = answer["id"]
        elif status != 404 or answer.get("error_code") not in (_SUBJECT_NOT_FOUND, _SCHEMA_NOT_FOUND):
            raise registry.odd(status, answer)
        elif newest[release.type] == release:
            raise SubjectMissing(
                f"the schema registry at {url} has no version of {subject(release)} with the schema of "
                f"released/{release.file}: python -m twin_schemas register {url} puts it there"
            )
    return found


def register(url: str, *, files: Layout | None = None, timeout_s: float = 10.0) -> int:
    """Put every release into the registry, oldest first; what is there already stays as it is.

    Returns:
        How many releases there are.

    Raises:
        RegistryUnreachable: no answer, or a refusal, such as of a registry that asks for more than backward
            compatibility.
    """
    registry = _Registry(url, timeout_s)
    count = 0
    for release, text in _texts(files or layout()):
        status, answer = registry.post(
            f"/subjects/{quote(subject(release), safe='')}/versions", {"schema": text}
        )
        if status != 200:
            raise registry.odd(status, answer)
        count += 1
    return count


def _texts(files: Layout) -> Iterator[tuple[releases.Release, str]]:
    for release in releases.load(files.ids):
        yield (
            release,
            json.dumps(releases.schema_of(files, release), separators=(",", ":"), ensure_ascii=False),
        )


class _Registry:
    """One kept connection."""

    def __init__(self, url: str, timeout_s: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.hostname is None:
            raise RegistryUnreachable(f"{url!r} is no address of a schema registry: write http://host:port")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._url = url
        self._base = parts.path.rstrip("/")
        self._connection = kind(parts.hostname, parts.port, timeout=timeout_s)

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        headers = {"Content-Type": _MEDIA_TYPE, "Accept": _MEDIA_TYPE}
        try:
            self._connection.request("POST", self._base + path, json.dumps(body).encode(), headers)
            response = self._connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, HTTPException, ValueError) as error:
            raise RegistryUnreachable(
                f"the schema registry at {self._url} doesn't answer ({type(error).__name__}: {error}); "
                "start it, or leave stream.registry_url unset to use the catalogue's own ids"
            ) from error
        if not isinstance(answer, dict):
            raise self.odd(response.status, answer)
        return response.status, answer

    def odd(self, status: int, answer: object) -> RegistryUnreachable:
        return RegistryUnreachable(
            f"the schema registry at {self._url} answered {status}: {json.dumps(answer)[:300]}"
        )
