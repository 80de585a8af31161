"""Rules for schema files that Avro itself doesn't have."""

import re
from collections.abc import Iterator
from typing import Any

import fastavro

from twin_schemas.avsc import SchemaSet, short_name
from twin_schemas.errors import InvalidSchema
from twin_schemas.generate.names import snake

_TYPE_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*")


def findings(schemas: SchemaSet) -> list[str]:
    """What is wrong with the schemas of a catalogue."""
    return [finding for name in schemas.definitions for finding in _of_type(schemas, name)]


def _of_type(schemas: SchemaSet, name: str) -> Iterator[str]:
    definition = schemas.definitions[name]
    if not _TYPE_NAME.fullmatch(short_name(name)):
        yield f"{name}: type names are written LikeThis"
    if not definition.get("doc"):
        yield f"{name}: doc is missing"
    try:
        fastavro.parse_schema(schemas.self_contained(name))
    except (InvalidSchema, fastavro.schema.SchemaParseException, ValueError) as error:
        yield f"{name}: {error}"
        return
    for field in definition.get("fields", ()):
        where = f"{name}.{field['name']}"
        if not _FIELD_NAME.fullmatch(field["name"]) or snake(field["name"]) != field["name"]:
            yield f"{where}: field names are written like_this"
        if not field.get("doc"):
            yield f"{where}: doc is missing"
        yield from _of_schema(where, field["type"])
        if "default" in field and not _fits(schemas, field):
            yield f"{where}: the default doesn't fit the (first branch of the) type"


def _of_schema(where: str, schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        kinds = ["real" if branch in ("float", "double") else branch for branch in schema]
        if "real" in kinds and any(whole in kinds[kinds.index("real") :] for whole in ("int", "long")):
            yield f"{where}: whole numbers stand before real ones in a union, or they are written as real"
        for branch in schema:
            yield from _of_schema(where, branch)
    elif isinstance(schema, dict):
        inner = schema["items"] if schema["type"] == "array" else schema["values"]
        if inner == "null":
            yield f"{where}: items of no size: a few bytes could claim any number of them"
        yield from _of_schema(where, inner)


def _fits(schemas: SchemaSet, field: dict[str, Any]) -> bool:
    probe = {
        "type": "record",
        "name": "hanzo.twin.Probe",
        "fields": [{"name": "value", "type": field["type"]}],
    }
    extended = SchemaSet({**schemas.definitions, "hanzo.twin.Probe": probe})
    schema = extended.self_contained("hanzo.twin.Probe")
    kind = schema["fields"][0]["type"]
    schema["fields"][0]["type"] = kind[0] if isinstance(kind, list) else kind
    return bool(
        fastavro.validate({"value": field["default"]}, fastavro.parse_schema(schema), raise_errors=False)
    )
