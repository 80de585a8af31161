"""Schema files: read, checked for names, and resolved to self-contained schemas.

Every named type, also one defined inside another, becomes an entry of its own under its full name; everywhere
else it stands as a reference. A self-contained schema has each definition again at its first use.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from twin_schemas.errors import InvalidSchema

NAMESPACE = "hanzo.twin"
PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
NAMED = frozenset({"record", "enum", "fixed"})

Schema: TypeAlias = str | list[Any] | dict[str, Any]


@dataclass(frozen=True, slots=True)
class SchemaSet:
    """All named types of a catalogue.

    Attributes:
        definitions: full name → definition in which every other named type is a reference.
    """

    definitions: Mapping[str, dict[str, Any]]

    def records(self) -> list[str]:
        """Full names of the record types, sorted."""
        return sorted(name for name, schema in self.definitions.items() if schema["type"] == "record")

    def self_contained(self, name: str) -> dict[str, Any]:
        """The schema of a type with every type that it needs defined at its first use.

        Raises:
            InvalidSchema: it refers to itself, or to a type that isn't there.
        """
        done: set[str] = set()
        open_: list[str] = []

        def expand(schema: Schema) -> Schema:
            if isinstance(schema, list):
                return [expand(branch) for branch in schema]
            if isinstance(schema, dict):
                return {
                    key: expand(value) if key in ("items", "values", "type") else value
                    for key, value in schema.items()
                }
            if schema in PRIMITIVES or schema in ("array", "map"):
                return schema
            if schema in open_:
                raise InvalidSchema(f"{name}: {schema} contains itself; a record must have a bounded depth")
            return schema if schema in done else define(schema)

        def define(full_name: str) -> dict[str, Any]:
            if full_name not in self.definitions:
                raise InvalidSchema(f"{name}: no schema file defines {full_name}")
            done.add(full_name)
            open_.append(full_name)
            schema = dict(self.definitions[full_name])
            if schema["type"] == "record":
                schema["fields"] = [{**field, "type": expand(field["type"])} for field in schema["fields"]]
            open_.pop()
            return schema

        return define(name)

    def references(self, name: str) -> list[str]:
        """Full names of the types that a type's own definition names, in order of first use."""
        found: dict[str, None] = {}
        for field in self.definitions[name].get("fields", ()):
            found.update(dict.fromkeys(_references(field["type"])))
        return list(found)


def load(folder: Path) -> SchemaSet:
    """Read every ``*.avsc`` of a folder.

    Raises:
        InvalidSchema: not JSON, a bad or repeated name, or a file whose name isn't its type's.
    """
    definitions: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.avsc")):
        try:
            schema = json.loads(path.read_text())
        except ValueError as error:
            raise InvalidSchema(f"{path.name}: not JSON: {error}") from error
        if not isinstance(schema, dict) or schema.get("type") not in NAMED or schema.get("name") != path.stem:
            raise InvalidSchema(f"{path.name}: must define one record or enum named {path.stem!r}")
        if schema.get("namespace") != NAMESPACE:
            raise InvalidSchema(f"{path.name}: the namespace must be {NAMESPACE!r}")
        _hoist(schema, path.name, definitions)
    loaded = SchemaSet(definitions)
    for name in definitions:
        for reference in loaded.references(name):
            if reference not in definitions:
                raise InvalidSchema(f"{name}: no schema file defines {reference}")
    return loaded


def short_name(full_name: str) -> str:
    """``hanzo.twin.Epoch`` → ``Epoch``."""
    return full_name.rpartition(".")[2]


def canonical(schema: Schema) -> str:
    """The text that identifies a self-contained schema: compact, sorted keys, without documentation."""

    def strip(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                key: strip(value) if key != "default" else value
                for key, value in node.items()
                if key != "doc"
            }
        return [strip(item) for item in node] if isinstance(node, list) else node

    return json.dumps(strip(schema), sort_keys=True, separators=(",", ":"))


def fingerprint(schema: Schema) -> str:
    """SHA-256 of the canonical text, in hex."""
    return hashlib.sha256(canonical(schema).encode()).hexdigest()


def _references(schema: Schema) -> Iterator[str]:
    if isinstance(schema, list):
        for branch in schema:
            yield from _references(branch)
    elif isinstance(schema, dict):
        yield from _references(schema["items"] if "items" in schema else schema["values"])
    elif schema not in PRIMITIVES:
        yield schema


def _hoist(schema: Schema, where: str, definitions: dict[str, dict[str, Any]]) -> Schema:
    """Move the named types of a schema to ``definitions``; return it with references in their place."""
    if isinstance(schema, list):
        return [_hoist(branch, where, definitions) for branch in schema]
    if isinstance(schema, str):
        return schema if schema in PRIMITIVES or "." in schema else f"{NAMESPACE}.{schema}"
    kind = schema.get("type")
    if kind == "array" or kind == "map":
        inner = "items" if kind == "array" else "values"
        if inner not in schema:
            raise InvalidSchema(f"{where}: {kind} without {inner!r}")
        return {**schema, inner: _hoist(schema[inner], where, definitions)}
    if kind not in NAMED:
        if not isinstance(kind, str | list | dict) or set(schema) != {"type"}:
            raise InvalidSchema(f"{where}: {json.dumps(schema)}: plain Avro types only")
        return _hoist(kind, where, definitions)
    full_name = f"{NAMESPACE}.{schema.get('name', '')}"
    if full_name in definitions:
        raise InvalidSchema(f"{where}: {full_name} is defined twice")
    definition = {key: value for key, value in schema.items() if key != "namespace"} | {"name": full_name}
    definitions[full_name] = definition
    if kind == "record":
        for field in schema.get("fields") or [{}]:
            if not isinstance(field, dict) or not {"name", "type"} <= set(field):
                raise InvalidSchema(f"{where}: a record needs fields, each with a name and a type")
        definition["fields"] = [
            {**field, "type": _hoist(field["type"], f"{where}: {field['name']}", definitions)}
            for field in schema["fields"]
        ]
    return full_name
