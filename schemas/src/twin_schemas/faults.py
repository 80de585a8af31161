"""Where a value doesn't fit its schema; runs only after an encoder has refused it, to name the field."""

from collections.abc import Mapping
from typing import Any

_RANGES = {"int": 1 << 31, "long": 1 << 63}
_CLASSES: Mapping[str, tuple[type[Any], ...]] = {
    "boolean": (bool,),
    "int": (int,),
    "long": (int,),
    "float": (float, int),
    "double": (float, int),
    "bytes": (bytes, bytearray),
    "string": (str,),
}


def first_fault(schema: Any, value: object) -> tuple[str, str] | None:
    """The path of the first misfit and what is wrong there, or None.

    Args:
        schema: a self-contained schema with full names.
        value: a record object, not its datum.
    """
    return _Search().fault(schema, value, "")


class _Search:
    """One walk over schema and value, with the named types met on the way."""

    def __init__(self) -> None:
        self._named: dict[str, Any] = {}

    def fault(self, schema: Any, value: Any, path: str) -> tuple[str, str] | None:
        if isinstance(schema, list):
            return self._union(schema, value, path)
        if isinstance(schema, str):
            return (
                self.fault(self._named[schema], value, path)
                if schema in self._named
                else _scalar(schema, value, path)
            )
        if "name" in schema:
            self._named[schema["name"]] = schema
        match schema["type"]:
            case "record":
                return self._record(schema, value, path)
            case "enum":
                if value in schema["symbols"]:
                    return None
                return path, f"{value!r} is none of {', '.join(schema['symbols'])}"
            case "array":
                return self._array(schema["items"], value, path)
            case "map":
                return self._map(schema["values"], value, path)
            case scalar:
                return _scalar(scalar, value, path)

    def _record(self, schema: Any, value: Any, path: str) -> tuple[str, str] | None:
        if getattr(value, "AVRO_NAME", None) != schema["name"]:
            return path, f"{type(value).__name__} where {schema['name']} belongs"
        for field in schema["fields"]:
            inner = f"{path}.{field['name']}" if path else field["name"]
            if found := self.fault(field["type"], getattr(value, field["name"]), inner):
                return found
        return None

    def _array(self, items: Any, value: Any, path: str) -> tuple[str, str] | None:
        if not isinstance(value, list | tuple):
            return path, f"{type(value).__name__} where a list belongs"
        faults = (self.fault(items, item, f"{path}[{index}]") for index, item in enumerate(value))
        return next((found for found in faults if found), None)

    def _map(self, values: Any, value: Any, path: str) -> tuple[str, str] | None:
        if not isinstance(value, Mapping):
            return path, f"{type(value).__name__} where a dict belongs"
        for key, item in value.items():
            if found := _scalar("string", key, f"{path}[{key!r}]") or self.fault(
                values, item, f"{path}[{key!r}]"
            ):
                return found
        return None

    def _union(self, branches: list[Any], value: Any, path: str) -> tuple[str, str] | None:
        if value is None and "null" in branches:
            return None
        faults = [self.fault(branch, value, path) for branch in branches if branch != "null"]
        if None in faults:
            return None
        return (
            faults[0] if len(faults) == 1 else (path, f"{type(value).__name__} fits no branch of the union")
        )


def _scalar(kind: str, value: Any, path: str) -> tuple[str, str] | None:
    if kind == "null":
        return None if value is None else (path, f"{type(value).__name__} where null belongs")
    if not isinstance(value, _CLASSES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return path, f"{type(value).__name__} where {kind} belongs"
    if kind in ("float", "double") and isinstance(value, int) and abs(value) >= 1 << 1024:
        return path, f"a whole number of {value.bit_length()} bits is outside the range of {kind}"
    if kind in _RANGES and not -_RANGES[kind] <= value < _RANGES[kind]:
        return path, f"{value} is outside the range of {kind}"
    if kind == "string":
        try:
            value.encode()
        except UnicodeEncodeError as error:
            return path, f"not valid Unicode: {error.reason}"
    return None
