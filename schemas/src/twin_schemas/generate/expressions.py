"""Python for one Avro type: its annotation, and the expressions that convert a value to and from a datum.

Scalars pass as they are; the expressions are written out for each field, so that no schema is walked at run
time.
"""

from typing import Any

from twin_schemas.avsc import PRIMITIVES, Schema, SchemaSet, short_name
from twin_schemas.errors import InvalidSchema
from twin_schemas.generate.names import symbols

_ANNOTATIONS = {
    "null": "None",
    "boolean": "bool",
    "int": "int",
    "long": "int",
    "float": "float",
    "double": "float",
    "bytes": "bytes",
    "string": "str",
}


class Expressions:
    """Annotations and conversions for the types of one schema set."""

    def __init__(self, schemas: SchemaSet) -> None:
        """Take the definitions that references are looked up in."""
        self._definitions = schemas.definitions

    def annotation(self, schema: Schema) -> str:
        """The Python type of a value."""
        if isinstance(schema, list):
            return " | ".join(self.annotation(branch) for branch in _null_last(schema))
        if isinstance(schema, dict):
            if schema["type"] == "array":
                return f"list[{self.annotation(schema['items'])}]"
            return f"dict[str, {self.annotation(schema['values'])}]"
        if schema in PRIMITIVES:
            return _ANNOTATIONS[schema]
        return "bytes" if self._kind(schema) == "fixed" else short_name(schema)

    def to_avro(self, schema: Schema, value: str) -> str:
        """The datum of the Python expression ``value``."""
        if not self._converts(schema, encoding=True):
            return value
        if isinstance(schema, list):
            return self._union_to_avro(schema, value)
        if isinstance(schema, dict):
            if schema["type"] == "array":
                return f"[{self.to_avro(schema['items'], 'item')} for item in {value}]"
            return f"{{key: {self.to_avro(schema['values'], 'item')} for key, item in {value}.items()}}"
        return f"{value}.to_avro()"

    def from_avro(self, schema: Schema, datum: str) -> str:
        """The Python value of the expression ``datum``, as fastavro returns it."""
        if not self._converts(schema, encoding=False):
            return datum
        if isinstance(schema, list):
            return self._union_from_avro(schema, datum)
        if isinstance(schema, dict):
            if schema["type"] == "array":
                return f"[{self.from_avro(schema['items'], 'item')} for item in {datum}]"
            return f"{{key: {self.from_avro(schema['values'], 'item')} for key, item in {datum}.items()}}"
        if self._kind(schema) == "enum":
            return f"{symbols(schema)}[{datum}]"
        return f"{short_name(schema)}.from_avro({datum})"

    def many_records(self, schema: Schema) -> list[str]:
        """Full names of the records of a union that has more than one; empty for every other type."""
        if not isinstance(schema, list):
            return []
        records = [branch for branch in schema if self._kind(branch) == "record"]
        return records if len(records) > 1 else []

    def _kind(self, schema: Schema) -> str:
        if isinstance(schema, str):
            return schema if schema in PRIMITIVES else str(self._definitions[schema]["type"])
        return "union" if isinstance(schema, list) else str(schema["type"])

    def _converts(self, schema: Schema, *, encoding: bool) -> bool:
        """Whether a value and its datum differ; a StrEnum is written as the string that it is."""
        if isinstance(schema, list):
            return any(self._converts(branch, encoding=encoding) for branch in schema)
        if isinstance(schema, dict):
            return self._converts(
                schema["items"] if "items" in schema else schema["values"], encoding=encoding
            )
        kind = self._kind(schema)
        return kind == "record" or (kind == "enum" and not encoding)

    def _union_to_avro(self, schema: list[Any], value: str) -> str:
        if self.many_records(schema):
            named = f"({value}.AVRO_NAME, {value}.to_avro())"
            return f"None if {value} is None else {named}" if "null" in schema else named
        return f"None if {value} is None else {self.to_avro(self._only(schema), value)}"

    def _union_from_avro(self, schema: list[Any], datum: str) -> str:
        if self.many_records(schema):
            named = f"_RECORD_OF[{datum}[0]].from_avro({datum}[1])"
            return f"None if {datum} is None else {named}" if "null" in schema else named
        return f"None if {datum} is None else {self.from_avro(self._only(schema), datum)}"

    def _only(self, schema: list[Any]) -> Schema:
        """The one branch besides null of a union whose values need conversion."""
        branches: list[Schema] = [branch for branch in schema if branch != "null"]
        if len(branches) != 1:
            raise InvalidSchema(
                f"{schema}: a union is null and one type, or scalars, or records; wrap others in a record"
            )
        return branches[0]


def _null_last(schema: list[Any]) -> list[Any]:
    return sorted(schema, key=lambda branch: branch == "null")
