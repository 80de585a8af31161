"""Arbitrary records for property tests: a Hypothesis strategy for every record type, built from its schema.

Needs the ``hypothesis`` package, which only development installs.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from hypothesis import strategies as st

from twin_schemas import avsc
from twin_schemas.layout import layout
from twin_schemas.record import Record
from twin_schemas.records import RECORD_TYPES

_SCALARS: Mapping[str, Callable[[], st.SearchStrategy[Any]]] = {
    "null": st.none,
    "boolean": st.booleans,
    "int": lambda: st.integers(-(1 << 31), (1 << 31) - 1),
    "long": lambda: st.integers(-(1 << 63), (1 << 63) - 1),
    "float": lambda: st.floats(width=32, allow_nan=False),
    # NaN is legal on the wire, but no record that holds one equals itself.
    "double": lambda: st.floats(allow_nan=False),
    "bytes": lambda: st.binary(max_size=40),
    "string": lambda: st.text(max_size=40),
}


@cache
def any_of(record_type: type[Record]) -> st.SearchStrategy[Record]:
    """Any valid record of one type."""
    return _data(record_type.AVRO_NAME).map(record_type.from_avro)


def any_record() -> st.SearchStrategy[Record]:
    """Any valid record of any type."""
    return st.sampled_from(sorted(RECORD_TYPES)).flatmap(lambda name: any_of(RECORD_TYPES[name]))


@cache
def _schemas() -> avsc.SchemaSet:
    return avsc.load(layout().avro)


@cache
def _data(name: str) -> st.SearchStrategy[Any]:
    """What an Avro reader may return for a named type."""
    definition = _schemas().definitions[name]
    if definition["type"] == "enum":
        return st.sampled_from(definition["symbols"])
    fields = {field["name"]: _value(field["type"]) for field in definition["fields"]}
    return st.fixed_dictionaries(fields)


def _value(schema: avsc.Schema) -> st.SearchStrategy[Any]:
    if isinstance(schema, list):
        records = [branch for branch in schema if branch in _schemas().records()]
        if len(records) > 1:
            named = [st.tuples(st.just(name), _data(name)) for name in records]
            return st.one_of(*named, *([st.none()] if "null" in schema else []))
        return st.one_of(*map(_value, schema))
    if isinstance(schema, dict):
        if schema["type"] == "array":
            return st.lists(_value(schema["items"]), max_size=4)
        return st.dictionaries(st.text(max_size=8), _value(schema["values"]), max_size=4)
    return _SCALARS[schema]() if schema in _SCALARS else _data(schema)
