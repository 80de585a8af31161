"""From a record to its bytes."""

from collections.abc import Callable
from typing import Any

from twin_schemas.avsc import short_name
from twin_schemas.compiled.source import Names, Schema, Source, Unfit, doubles
from twin_schemas.compiled.varint import SMALL, write_long
from twin_schemas.record import Record

Encode = Callable[[Record], bytes]

_RANGES = {"int": 31, "long": 63}


def encoder(frame: bytes, schema: Schema) -> Encode | None:
    """A function that frames and writes a record; None: the schema has something that only fastavro writes.

    The function raises `ValueError`, `TypeError`, `OverflowError`, `LookupError`, `AttributeError` or `struct.error`
    for a value that isn't plainly of its type.

    Args:
        frame: what the bytes begin with.
        schema: of a record, self-contained.
    """
    source = Source()
    source.globals |= {"long": write_long, "SMALL": SMALL, "FRAME": frame, "ONE": doubles(1).pack}
    source.line(0, "def encode(record):")
    source.line(1, "out = [FRAME]")
    source.line(1, "put = out.append")
    try:
        _Writer(source).value(schema, "record", 1)
    except Unfit:
        return None
    source.line(1, "return b''.join(out)")
    return source.function("encode")


class _Writer:
    def __init__(self, source: Source) -> None:
        self._source, self._names = source, Names()

    def value(self, schema: Schema, of: str, indent: int) -> None:
        if isinstance(schema, list):
            self._union(schema, of, indent)
            return
        schema = self._names.resolve(schema)
        kind = schema if isinstance(schema, str) else schema["type"]
        write: Callable[[Any, str, int], None] | None = getattr(self, f"_{kind}", None)
        if write is None:
            raise Unfit(kind)
        write(schema, of, indent)

    def _record(self, schema: Schema, of: str, indent: int) -> None:
        for field in schema["fields"]:
            name = self._source.name("v")
            self._source.line(indent, f"{name} = {of}.{field['name']}")
            self.value(field["type"], name, indent)

    def _long(self, schema: Schema, of: str, indent: int) -> None:
        line, limit = self._source.line, 1 << _RANGES[schema]
        line(indent, f"if type({of}) is not int:")
        line(indent + 1, "raise Unfit")
        line(indent, f"if 0 <= {of} < {len(SMALL)}:")
        line(indent + 1, f"put(SMALL[{of}])")
        line(indent, f"elif {-limit} <= {of} < {limit}:")
        line(indent + 1, f"put(long({of}))")
        line(indent, "else:")
        line(indent + 1, "raise Unfit")

    _int = _long

    def _double(self, _schema: Schema, of: str, indent: int) -> None:
        self._source.line(indent, f"put(ONE({of}))")

    def _boolean(self, _schema: Schema, of: str, indent: int) -> None:
        self._source.line(indent, f"if type({of}) is not bool:")
        self._source.line(indent + 1, "raise Unfit")
        self._source.line(indent, f"put(b'\\1' if {of} else b'\\0')")

    def _string(self, _schema: Schema, of: str, indent: int) -> None:
        name = self._source.name("b")
        self._source.line(indent, f"{name} = {of}.encode()")
        self._source.line(indent, f"put(long(len({name})))")
        self._source.line(indent, f"put({name})")

    def _bytes(self, _schema: Schema, of: str, indent: int) -> None:
        self._source.line(indent, f"if type({of}) is not bytes:")
        self._source.line(indent + 1, "raise Unfit")
        self._source.line(indent, f"put(long(len({of})))")
        self._source.line(indent, f"put({of})")

    def _enum(self, schema: Schema, of: str, indent: int) -> None:
        table = {symbol: write_long(index) for index, symbol in enumerate(schema["symbols"])}
        self._source.line(indent, f"put({self._source.keep('SYMBOLS', table)}[{of}._value_])")

    def _array(self, schema: Schema, of: str, indent: int) -> None:
        line = self._source.line
        line(indent, f"if type({of}) is not list:")
        line(indent + 1, "raise Unfit")
        line(indent, f"if {of}:")
        line(indent + 1, f"put(long(len({of})))")
        if self._names.resolve(schema["items"]) == "double":
            line(indent + 1, f"put(ONE({of}[0]) if len({of}) == 1 else doubles(len({of})).pack(*{of}))")
        else:
            item = self._source.name("i")
            line(indent + 1, f"for {item} in {of}:")
            self.value(schema["items"], item, indent + 2)
        line(indent, "put(b'\\0')")

    def _map(self, schema: Schema, of: str, indent: int) -> None:
        line, key, item = self._source.line, self._source.name("k"), self._source.name("i")
        line(indent, f"if type({of}) is not dict:")
        line(indent + 1, "raise Unfit")
        line(indent, f"if {of}:")
        line(indent + 1, f"put(long(len({of})))")
        line(indent + 1, f"for {key}, {item} in {of}.items():")
        self._string("string", key, indent + 2)
        self.value(schema["values"], item, indent + 2)
        line(indent, "put(b'\\0')")

    def _union(self, schemas: list[Schema], of: str, indent: int) -> None:
        """Of nothing and one type, or of several records; what else there may be is told apart by fastavro."""
        line = self._source.line
        some = [each for each in schemas if each != "null"]
        for number, schema in enumerate(schemas):
            if schema == "null":
                test = f"{of} is None"
            elif len(some) == 1:
                test = f"{of} is not None"
            else:
                test = f"{of}.__class__.__name__ == {self._record_name(schema)!r}"
            line(indent, f"{'el' if number else ''}if {test}:")
            line(indent + 1, f"put({write_long(number)!r})")
            if schema != "null":
                self.value(schema, of, indent + 1)
        line(indent, "else:")
        line(indent + 1, "raise Unfit")

    def _record_name(self, schema: Schema) -> str:
        if isinstance(schema, dict) and schema["type"] == "record":
            return short_name(schema["name"])
        if isinstance(schema, str) and (known := self._names.resolve(schema)) != schema:
            return short_name(known["name"])
        raise Unfit("only fastavro tells these apart")
