"""Released schema versions: an append-only list of ids, and the frozen text of each."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin_schemas.avsc import SchemaSet, fingerprint, short_name
from twin_schemas.errors import InvalidSchema
from twin_schemas.layout import Layout

_LINE = re.compile(r"- \{id: (\d+), type: (\w+), version: (\d+), sha256: ([0-9a-f]{64})\}")
_HEADER = (
    "# Schema ids: append-only, written by python -m twin_schemas release. An id never changes its meaning.\n"
)


@dataclass(frozen=True, slots=True)
class Release:
    """One version of a record type, as it is named on the wire.

    Attributes:
        id: schema id in the Confluent framing.
        type: short type name.
        version: 1, 2, … for each type.
        sha256: fingerprint of its self-contained schema.
    """

    id: int
    type: str
    version: int
    sha256: str

    @property
    def file(self) -> str:
        """Name of the file with its text."""
        return f"{self.type}.{self.version}.avsc"

    @property
    def line(self) -> str:
        """Its line in the list of ids."""
        return f"- {{id: {self.id}, type: {self.type}, version: {self.version}, sha256: {self.sha256}}}"


def parse(text: str) -> list[Release]:
    """The releases of an ``ids.yaml``, oldest first.

    Raises:
        InvalidSchema: a line that isn't a release, or ids and versions that don't count up by one.
    """
    releases: list[Release] = []
    versions: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise InvalidSchema(f"ids.yaml line {number}: not a release: {line!r}")
        release = Release(int(match[1]), match[2], int(match[3]), match[4])
        versions[release.type] = versions.get(release.type, 0) + 1
        if release.id != len(releases) + 1 or release.version != versions[release.type]:
            raise InvalidSchema(f"ids.yaml line {number}: ids and versions must count up by one: {line!r}")
        releases.append(release)
    return releases


def load(path: Path) -> list[Release]:
    """The releases of a catalogue; none when there is no list yet."""
    return parse(path.read_text()) if path.exists() else []


def schema_of(layout: Layout, release: Release) -> dict[str, Any]:
    """The frozen, self-contained schema of a release.

    Raises:
        InvalidSchema: its file is missing, isn't JSON, or isn't what was released.
    """
    path = layout.released / release.file
    try:
        schema = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InvalidSchema(f"released/{release.file}: {error}") from error
    if not isinstance(schema, dict) or fingerprint(schema) != release.sha256:
        raise InvalidSchema(
            f"released/{release.file}: not the text that was released as id {release.id}; restore it"
        )
    return schema


def latest(releases: Sequence[Release]) -> dict[str, Release]:
    """The newest release of each type."""
    return {release.type: release for release in releases}


def pending(schemas: SchemaSet, releases: Sequence[Release]) -> dict[str, dict[str, Any]]:
    """Type → self-contained schema, for the record types that changed since their last release."""
    newest = latest(releases)
    changed: dict[str, dict[str, Any]] = {}
    for name in schemas.records():
        schema = schemas.self_contained(name)
        last = newest.get(short_name(name))
        if last is None or last.sha256 != fingerprint(schema):
            changed[short_name(name)] = schema
    return changed


def append(layout: Layout, changed: dict[str, dict[str, Any]]) -> list[Release]:
    """Release new versions: freeze their texts, then append their ids."""
    releases = load(layout.ids)
    newest = latest(releases)
    added: list[Release] = []
    layout.released.mkdir(exist_ok=True)
    for name, schema in changed.items():
        version = newest[name].version + 1 if name in newest else 1
        added.append(Release(len(releases) + len(added) + 1, name, version, fingerprint(schema)))
        (layout.released / added[-1].file).write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
    layout.ids.write_text(_HEADER + "".join(f"{release.line}\n" for release in [*releases, *added]))
    return added
