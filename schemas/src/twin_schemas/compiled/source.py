"""Writing Python functions, and what they have in common."""

from collections.abc import Callable, Mapping
from functools import cache
from struct import Struct
from typing import Any

from twin_schemas.avsc import short_name

Schema = Any
"""A schema as JSON has it: a name, or an object."""


class Unfit(ValueError):
    """Something isn't plain: a schema that has no function, or a value or bytes that are another's to judge."""


@cache
def doubles(count: int) -> Struct:
    """So many numbers in a row, as Avro has them."""
    return Struct(f"<{count}d")


class Names:
    """The named types of one schema, as they are met from its beginning."""

    def __init__(self) -> None:
        """None is known."""
        self._known: dict[str, Schema] = {}

    def resolve(self, schema: Schema) -> Schema:
        """The definition behind a name; primitive types stay names.

        Raises:
            Unfit: a union.
        """
        if isinstance(schema, list):
            raise Unfit("unions are left to fastavro")
        if isinstance(schema, str):
            return self._known.get(short_name(schema), schema)
        if "name" in schema:
            self._known[short_name(schema["name"])] = schema
        return schema["type"] if set(schema) <= {"type", "doc"} else schema


class Source:
    """A function's text, line by line."""

    def __init__(self) -> None:
        """Nothing is written, and the globals are empty."""
        self._lines: list[str] = []
        self._names = 0
        self.globals: dict[str, object] = {"Unfit": Unfit, "doubles": doubles}

    def line(self, indent: int, text: str) -> None:
        """Add a line."""
        self._lines.append("    " * indent + text)

    def name(self, stem: str) -> str:
        """A name that nothing else has."""
        self._names += 1
        return f"{stem}{self._names}"

    def keep(self, stem: str, value: object) -> str:
        """A name for a value that the function needs."""
        name = self.name(stem)
        self.globals[name] = value
        return name

    def function(self, name: str) -> Callable[..., Any]:
        """The function of that name, which the lines define."""
        space: dict[str, Any] = dict(self.globals)
        exec(compile("\n".join(self._lines), f"<{name}>", "exec"), space)  # noqa: S102 - of our own schemas
        found: Callable[..., Any] = space[name]
        return found


def classes() -> Mapping[str, type]:
    """The generated classes of records and enums by type name."""
    from twin_schemas import records

    return {name: found for name, found in vars(records).items() if isinstance(found, type)}
