"""From the bytes of a record to the record."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from twin_schemas.avsc import short_name
from twin_schemas.compiled.source import Names, Schema, Source, Unfit, classes, doubles
from twin_schemas.compiled.varint import read_long
from twin_schemas.record import Record

Decode = Callable[[bytes], Record]


def decoder(start: int, schema: Schema) -> Decode | None:
    """A function that reads a whole record; None: the schema has something that only fastavro reads.

    The function raises `ValueError`, `LookupError`, `OverflowError`, `TypeError` or `struct.error` for bytes that
    aren't plainly one value of the schema.

    Args:
        start: the value's place behind its frame.
        schema: of a record, self-contained.
    """
    source = Source()
    source.globals |= {"long": read_long, "ONE": doubles(1).unpack_from}
    source.line(0, "def decode(data):")
    source.line(1, f"at = {start}")
    try:
        found = _Reader(source).value(schema, 1)
    except Unfit:
        return None
    source.line(1, "if at != len(data):")
    source.line(2, "raise Unfit")
    source.line(1, f"return {found}")
    return source.function("decode")


class _Reader:
    """Each method writes the lines that read a value, and returns the name that it then has."""

    def __init__(self, source: Source) -> None:
        self._source, self._names, self._classes = source, Names(), classes()

    def value(self, schema: Schema, indent: int) -> str:
        schema = self._names.resolve(schema)
        kind = schema if isinstance(schema, str) else schema["type"]
        read: Callable[[Any, int], str] | None = getattr(self, f"_{kind}", None)
        if read is None:
            raise Unfit(kind)
        return read(schema, indent)

    def _record(self, schema: Schema, indent: int) -> str:
        made = self._classes[short_name(schema["name"])]
        by_word = {field.name for field in fields(made) if field.kw_only}
        values = []
        for field in schema["fields"]:
            found = self.value(field["type"], indent)
            values.append(f"{field['name']}={found}" if field["name"] in by_word else found)
        values.sort(key=lambda value: "=" in value)  # those by place keep their order
        name = self._source.name("r")
        self._source.line(indent, f"{name} = {self._source.keep('Class', made)}({', '.join(values)})")
        return name

    def _long(self, _schema: Schema, indent: int) -> str:
        name, line = self._source.name("n"), self._source.line
        line(indent, f"{name} = data[at]")
        line(indent, f"if {name} < 128:")
        line(indent + 1, f"{name} = ({name} >> 1) ^ -({name} & 1)")
        line(indent + 1, "at += 1")
        line(indent, "else:")
        line(indent + 1, f"{name}, at = long(data, at)")
        return name

    _int = _long

    def _double(self, _schema: Schema, indent: int) -> str:
        name = self._source.name("f")
        self._source.line(indent, f"{name}, = ONE(data, at)")
        self._source.line(indent, "at += 8")
        return name

    def _boolean(self, _schema: Schema, indent: int) -> str:
        name = self._source.name("t")
        self._source.line(indent, f"{name} = data[at]")
        self._source.line(indent, f"if {name} > 1:")
        self._source.line(indent + 1, "raise Unfit")
        self._source.line(indent, f"{name} = {name} == 1")
        self._source.line(indent, "at += 1")
        return name

    def _bytes(self, schema: Schema, indent: int) -> str:
        size, name, line = self._long(schema, indent), self._source.name("b"), self._source.line
        line(indent, f"if {size} < 0 or at + {size} > len(data):")
        line(indent + 1, "raise Unfit")
        line(indent, f"{name} = data[at:at + {size}]")
        line(indent, f"at += {size}")
        return name

    def _string(self, schema: Schema, indent: int) -> str:
        name = self._bytes(schema, indent)
        self._source.line(indent, f"{name} = {name}.decode()")
        return name

    def _enum(self, schema: Schema, indent: int) -> str:
        made: Any = self._classes[short_name(schema["name"])]
        members = tuple(made(symbol) for symbol in schema["symbols"])
        name = self._long(schema, indent)
        self._source.line(indent, f"if {name} < 0:")
        self._source.line(indent + 1, "raise Unfit")
        self._source.line(indent, f"{name} = {self._source.keep('MEMBERS', members)}[{name}]")
        return name

    def _array(self, schema: Schema, indent: int) -> str:
        line, name = self._source.line, self._source.name("a")
        count = self._long(schema, indent)
        line(indent, f"{name} = []")
        line(indent, f"if {count}:")
        is_flat = self._names.resolve(schema["items"]) == "double"
        line(indent + 1, f"if {count} < 0 or at + {8 if is_flat else 1} * {count} > len(data):")
        line(indent + 2, "raise Unfit")
        if is_flat:
            line(indent + 1, f"{name} += (ONE if {count} == 1 else doubles({count}).unpack_from)(data, at)")
            line(indent + 1, f"at += 8 * {count}")
        else:
            line(indent + 1, f"for _ in range({count}):")
            item = self.value(schema["items"], indent + 2)
            line(indent + 2, f"{name}.append({item})")
        line(indent + 1, "if data[at]:")
        line(indent + 2, "raise Unfit")
        line(indent + 1, "at += 1")
        return name
