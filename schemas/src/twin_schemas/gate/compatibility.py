"""Can old and new run side by side: every release against the schemas before and after it."""

import json
from typing import Any

from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.errors import SchemaParseException
from avro.schema import parse

from twin_schemas import releases
from twin_schemas.avsc import fingerprint
from twin_schemas.errors import InvalidSchema
from twin_schemas.layout import Layout


def findings(layout: Layout, known: list[releases.Release], current: dict[str, dict[str, Any]]) -> list[str]:
    """What a reader couldn't read, for the current schemas and all releases.

    A new schema must read what every release wrote (topics keep old records), and the release before it must
    read what it writes (in a rolling upgrade the two run side by side).

    Args:
        layout: where the released texts lie.
        known: all releases.
        current: short type name → self-contained schema.
    """
    found: list[str] = []
    history: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for release in known:
        try:
            schema = releases.schema_of(layout, release)
        except InvalidSchema as error:
            found.append(str(error))
            continue
        history.setdefault(release.type, []).append((f"version {release.version}", schema))
    for name, schema in current.items():
        versions = history.setdefault(name, [])
        if not versions or fingerprint(versions[-1][1]) != fingerprint(schema):
            versions.append(("the current schema", schema))
    return found + [finding for name, versions in history.items() for finding in _of_type(name, versions)]


def _of_type(name: str, versions: list[tuple[str, dict[str, Any]]]) -> list[str]:
    found: list[str] = []
    for index, (label, schema) in enumerate(versions):
        for older_label, older in versions[:index]:
            found += [
                f"{name}: {label} can't read {older_label}: {what}" for what in differences(schema, older)
            ]
        if index:
            before_label, before = versions[index - 1]
            found += [
                f"{name}: {before_label} can't read {label}: {what}" for what in differences(before, schema)
            ]
    return found


def differences(reader: dict[str, Any], writer: dict[str, Any]) -> list[str]:
    """Why a reader can't read what a writer writes, each with the field's path; empty when it can."""
    try:
        readers, writers = parse(json.dumps(reader)), parse(json.dumps(writer))
    except SchemaParseException as error:
        return [f"not a valid schema: {error}"]
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
    result = checker.get_compatibility(readers, writers)
    if result.compatibility is SchemaCompatibilityType.compatible:
        return []
    # The checker reports places and reasons as sets; the root is in it whenever anything below is.
    paths = sorted({field_path(reader, place) for place in result.locations if place != "/"}) or [
        "the type itself"
    ]
    kinds = sorted({str(kind.value).replace("_", " ") for kind in result.incompatibilities})
    return [f"{', '.join(paths)}: {', '.join(kinds)} ({'; '.join(sorted(result.messages))})"]


def field_path(schema: dict[str, Any], place: str) -> str:
    """The field at a place in a schema's text: ``/fields/3/type/items/fields/1`` → ``readings[].values``."""
    named: dict[str, Any] = {}
    _collect(schema, named)
    path, node, last = "", schema, ""
    for step in place.strip("/").split("/"):
        node = named.get(node, node) if isinstance(node, str) else node
        if isinstance(node, list) and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
            path += f".{node['name']}" if last == "fields" else ""
        elif isinstance(node, dict) and step in node:
            node = node[step]
            path += {"items": "[]", "values": "{}"}.get(step, "")
        last = step
    return path.lstrip(".")


def _collect(schema: Any, named: dict[str, Any]) -> None:
    """Put the named types that a schema defines into ``named``."""
    if isinstance(schema, list):
        for branch in schema:
            _collect(branch, named)
    elif isinstance(schema, dict):
        if "name" in schema and schema["type"] in ("record", "enum", "fixed"):
            named[schema["name"]] = schema
        for key in ("items", "values", "type"):
            _collect(schema.get(key), named)
        for field in schema.get("fields", ()):
            _collect(field["type"], named)
