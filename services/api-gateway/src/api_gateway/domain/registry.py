"""The catalogue as a schema registry: every released schema under its subjects, by id and by text. Read-only.

A type's schemas stand under the subjects that stock serializers ask for: `<full type name>`,
`<topic>-<full type name>`, and `<topic>-value` where a topic carries one type. Topics are named as on the broker.
Versions and ids are the releases' own, so they never change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from fastavro.schema import to_parsing_canonical_form

from twin_schemas import releases
from twin_schemas.avsc import NAMESPACE, fingerprint
from twin_schemas.catalogue import catalogue, find
from twin_schemas.codec import default_codec
from twin_schemas.errors import UnknownTopic
from twin_schemas.layout import layout
from twin_schemas.topics import TopicSpec

LATEST = -1
"""The newest version, whichever that is."""


class RegistryError(LookupError):
    """What a registry refuses.

    Attributes:
        code: Confluent's error code; the HTTP status is its first three digits.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of one type.

    Attributes:
        id: on the wire.
        type: full name.
        version: 1, 2, … for each type.
        schema: self-contained JSON text.
        sha256: names the schema without its documentation.
        canonical: Avro's parsing canonical form.
    """

    id: int
    type: str
    version: int
    schema: str
    sha256: str
    canonical: str


class Registry:
    """Schemas by subject and id.

    Args:
        entries: of each type in the order of versions.
        topics: the topics that carry them.
        prefix: begins every topic's name on the broker.
    """

    def __init__(self, entries: Iterable[Entry], topics: Iterable[TopicSpec], prefix: str) -> None:
        self._prefix = prefix
        self._by_id: dict[int, Entry] = {}
        self._by_type: dict[str, list[Entry]] = {}
        for entry in entries:
            self._by_id[entry.id] = entry
            self._by_type.setdefault(entry.type, []).append(entry)
        self._subjects: dict[str, str] = {name: name for name in self._by_type}
        for topic in topics:
            self._subjects |= _subjects(topic, prefix)

    @classmethod
    def of_catalogue(cls, prefix: str) -> Self:
        """Every release of the catalogue, with the ids that this process writes."""
        files, codec = layout(), default_codec()
        entries = []
        for release in releases.load(files.ids):
            wire_id = codec.wire_id(release)
            if wire_id is not None:
                schema = releases.schema_of(files, release)
                entries.append(entry(wire_id, release.version, schema))
        return cls(entries, catalogue().values(), prefix)

    def subjects(self, prefix: str = "") -> list[str]:
        """Every subject that begins with `prefix`; those of twins' public topics are found, never listed."""
        return sorted(subject for subject in self._subjects if subject.startswith(prefix))

    def versions(self, subject: str) -> list[Entry]:
        """The versions of a subject, oldest first.

        Raises:
            RegistryError: 40401.
        """
        name = self._subjects.get(subject) or self._public(subject)
        if name is None:
            raise RegistryError(40401, f"Subject '{subject}' not found.")
        return self._by_type[name]

    def version(self, subject: str, version: int) -> Entry:
        """One version of a subject; `LATEST` for the newest.

        Raises:
            RegistryError: 40401, 40402.
        """
        found = self.versions(subject)
        if version == LATEST:
            return found[-1]
        for candidate in found:
            if candidate.version == version:
                return candidate
        raise RegistryError(40402, f"Version {version} not found.")

    def schema(self, wire_id: int) -> Entry:
        """The schema of an id.

        Raises:
            RegistryError: 40403.
        """
        found = self._by_id.get(wire_id)
        if found is None:
            raise RegistryError(40403, f"Schema {wire_id} not found.")
        return found

    def lookup(self, subject: str, text: str) -> Entry:
        """The version of a subject that has a schema; documentation and spelling don't count.

        Raises:
            RegistryError: 40401, 40403; 42201 when the text is no Avro schema.
        """
        found = self.versions(subject)
        same = [one for one in found if one.schema == text]  # as clients send what they got here
        if same:
            return same[-1]
        try:
            schema = json.loads(text)
            sha256, canonical = fingerprint(schema), to_parsing_canonical_form(schema)
        except Exception as error:  # noqa: BLE001 (the parser raises whatever it stumbles over)
            raise RegistryError(42201, f"Invalid schema: {type(error).__name__}: {error}"[:500]) from None
        fitting = [one for one in found if one.sha256 == sha256] or [
            one for one in found if one.canonical == canonical
        ]
        if fitting:
            return fitting[-1]
        raise RegistryError(40403, "Schema not found")

    def where(self, wire_id: int) -> list[tuple[str, int]]:
        """The subjects, each with the version, under which an id stands.

        Raises:
            RegistryError: 40403.
        """
        found = self.schema(wire_id)
        return [
            (subject, found.version) for subject in self.subjects() if self._subjects[subject] == found.type
        ]

    def _public(self, subject: str) -> str | None:
        """The type of a subject of any twin's public topic, whether there is such a twin or not."""
        for ending in ("-value", *(f"-{name}" for name in self._by_type)):
            try:
                topic = find(subject.removesuffix(ending), self._prefix) if subject.endswith(ending) else None
            except UnknownTopic:
                continue
            if topic is not None:
                return _subjects(topic, self._prefix).get(subject)
        return None


def entry(wire_id: int, version: int, schema: Mapping[str, object]) -> Entry:
    """One version of a type from its self-contained schema."""
    text = json.dumps(schema, separators=(",", ":"), ensure_ascii=False)
    return Entry(
        wire_id,
        str(schema["name"]),
        version,
        text,
        fingerprint(dict(schema)),
        to_parsing_canonical_form(json.loads(text)),
    )


def _subjects(topic: TopicSpec, prefix: str) -> dict[str, str]:
    """Subject → full type name, for what a topic carries."""
    physical = topic.physical(prefix)
    names = [f"{NAMESPACE}.{name}" for name in topic.types]
    whole = {f"{physical}-value": names[0]} if len(names) == 1 else {}
    return whole | {f"{physical}-{name}": name for name in names}
