"""Records as JSON, for examples, tools and people.

As in Avro's own JSON, but optional values stand bare; bytes are hex; NaN and infinities are strings; where
a union has several records, the value is an object with one key, the record's type. Fields with a default may
be left out.
"""

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

from twin_schemas import avsc
from twin_schemas.avsc import SchemaSet, short_name
from twin_schemas.errors import InvalidExample
from twin_schemas.layout import layout
from twin_schemas.record import Record
from twin_schemas.records import RECORD_TYPES

_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_CLASSES: Mapping[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "int": (int,),
    "long": (int,),
    "float": (float, int),
    "double": (float, int),
    "string": (str,),
    "null": (type(None),),
}


def from_json(type_name: str, value: object) -> Record:
    """The record that a parsed JSON value describes.

    Args:
        type_name: short record type name.
        value: as ``json.loads`` returns it.

    Raises:
        InvalidExample: the value doesn't fit the type; the error names the field.
    """
    if type_name not in RECORD_TYPES:
        raise InvalidExample(f"{type_name}: no such record type")
    name = RECORD_TYPES[type_name].AVRO_NAME
    return RECORD_TYPES[type_name].from_avro(_Parser(_schemas()).parse(name, value, type_name))


def to_json(record: Record) -> dict[str, Any]:
    """The JSON value of a record, every field written out."""
    printed = _print(_schemas(), record.AVRO_NAME, record.to_avro())
    assert isinstance(printed, dict)
    return printed


@cache
def _schemas() -> SchemaSet:
    return avsc.load(layout().avro)


class _Parser:
    """Turns JSON values into data as an Avro reader returns them."""

    def __init__(self, schemas: SchemaSet) -> None:
        self._definitions = schemas.definitions

    def parse(self, schema: Any, value: Any, path: str) -> Any:
        if isinstance(schema, list):
            return self._union(schema, value, path)
        if isinstance(schema, str) and schema in self._definitions:
            schema = self._definitions[schema]
        kind = schema if isinstance(schema, str) else schema["type"]
        match kind:
            case "record":
                return self._record(schema, value, path)
            case "enum":
                return (
                    value
                    if value in schema["symbols"]
                    else _refuse(path, value, f"one of {schema['symbols']}")
                )
            case "array":
                items = value if isinstance(value, list) else _refuse(path, value, "a list")
                return [self.parse(schema["items"], item, f"{path}[{i}]") for i, item in enumerate(items)]
            case "map":
                entries = value if isinstance(value, dict) else _refuse(path, value, "an object")
                return {
                    key: self.parse(schema["values"], item, f"{path}[{key!r}]")
                    for key, item in entries.items()
                }
            case _:
                return _scalar(kind, value, path)

    def _record(self, schema: Any, value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            _refuse(path, value, f"an object of {schema['name']}")
        datum = {}
        for field in schema["fields"]:
            inner = f"{path}.{field['name']}"
            if field["name"] in value:
                datum[field["name"]] = self.parse(field["type"], value[field["name"]], inner)
            elif "default" in field:
                first = field["type"][0] if isinstance(field["type"], list) else field["type"]
                datum[field["name"]] = self.parse(first, field["default"], inner)
            else:
                raise InvalidExample(f"{inner}: missing, and it has no default")
        if unknown := set(value) - set(datum):
            raise InvalidExample(f"{path}: unknown fields: {', '.join(sorted(unknown))}")
        return datum

    def _union(self, branches: list[Any], value: Any, path: str) -> Any:
        if value is None and "null" in branches:
            return None
        rest = [branch for branch in branches if branch != "null"]
        if len(rest) == 1:
            return self.parse(rest[0], value, path)
        if all(branch in self._definitions for branch in rest):
            named = {short_name(branch): branch for branch in rest}
            if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in named:
                _refuse(path, value, f"an object with one key of {', '.join(named)}")
            key, inner = next(iter(value.items()))
            return named[key], self.parse(named[key], inner, f"{path}.{key}")
        for branch in rest:
            try:
                return self.parse(branch, value, path)
            except InvalidExample:
                continue
        return _refuse(path, value, f"one of {rest}")


def _scalar(kind: str, value: Any, path: str) -> Any:
    if kind == "bytes" or kind == "fixed":
        try:
            return bytes.fromhex(value)
        except (TypeError, ValueError):
            _refuse(path, value, "hex digits")
    if kind in ("float", "double") and isinstance(value, str) and value in _NOT_FINITE:
        return _NOT_FINITE[value]
    if not isinstance(value, _CLASSES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        _refuse(path, value, kind)
    return float(value) if kind in ("float", "double") else value


def _refuse(path: str, value: object, wanted: str) -> Any:
    raise InvalidExample(f"{path}: {value!r:.80} is not {wanted}")


def _print(schemas: SchemaSet, schema: Any, datum: Any) -> Any:
    if isinstance(schema, list):
        if isinstance(datum, tuple):
            return {short_name(datum[0]): _print(schemas, datum[0], datum[1])}
        rest = [branch for branch in schema if branch != "null"]
        return _print(schemas, rest[0], datum) if datum is not None and len(rest) == 1 else datum
    if isinstance(schema, str) and schema in schemas.definitions:
        schema = schemas.definitions[schema]
    kind = schema if isinstance(schema, str) else schema["type"]
    match kind:
        case "record":
            return {
                field["name"]: _print(schemas, field["type"], datum[field["name"]])
                for field in schema["fields"]
            }
        case "array":
            return [_print(schemas, schema["items"], item) for item in datum]
        case "map":
            return {key: _print(schemas, schema["values"], item) for key, item in datum.items()}
        case "enum":
            return str(datum)
        case "bytes" | "fixed":
            return datum.hex()
        case "float" | "double" if not math.isfinite(datum):
            return "NaN" if math.isnan(datum) else "Infinity" if datum > 0 else "-Infinity"
        case _:
            return datum
