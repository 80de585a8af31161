"""The canonical JSON of frozen dataclasses, from which digests are taken."""

import dataclasses
import json
import types
from enum import StrEnum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from twin_sim.errors import SceneError
from twin_sim.scene.shapes import Box, Capsule, Cylinder, Plane, Sphere

FORMAT = 1
"""Changes whenever the same stage would get another canonical form."""

T = TypeVar("T")

_SHAPES: dict[str, type] = {shape.__name__: shape for shape in (Box, Sphere, Capsule, Cylinder, Plane)}


def to_json(value: object, *, without: frozenset[str] = frozenset()) -> str:
    """Sorted keys, shortest floats that read back to the same bits.

    Args:
        value: a dataclass.
        without: its fields to leave out.
    """
    plain = {"format": FORMAT, **_plain(value)}
    kept = {name: item for name, item in plain.items() if name not in without}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), allow_nan=False)


def from_json(cls: type[T], text: str, **left_out: Any) -> T:
    """Read what `to_json` wrote.

    Args:
        cls: the dataclass.
        text: its canonical JSON.
        left_out: values, in their JSON form, of the fields that were left out.

    Raises:
        SceneError: it isn't the canonical JSON of this class and format.
    """
    try:
        plain = json.loads(text)
        if plain.pop("format") != FORMAT:
            raise ValueError(f"format is not {FORMAT}")
        return cls(**_fields(cls, {**plain, **left_out}))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SceneError("", f"not a compiled scene: {error}", "Compile the USD stage again.") from error


def _plain(value: object) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        name = type(value).__name__
        return {"shape": name, **fields} if name in _SHAPES else fields
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value + 0.0  # -0.0 and 0.0 are one number with two encodings
    return value


def _fields(cls: type, plain: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    if plain.keys() != hints.keys():
        raise ValueError(f"{cls.__name__} has fields {sorted(hints)}, not {sorted(plain)}")
    return {name: _read(hint, plain[name]) for name, hint in hints.items()}


def _read(hint: Any, value: Any) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in args:
            return None
        if isinstance(value, dict) and "shape" in value:
            shape = _SHAPES[value["shape"]]
            return shape(**_fields(shape, {k: v for k, v in value.items() if k != "shape"}))
        return _read(next(arg for arg in args if arg is not type(None)), value)
    if origin is tuple:
        return _tuple(args, value)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return hint(**_fields(hint, value))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint(value)
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint):
        raise ValueError(f"expected {hint.__name__}, not {value!r}")
    return value


def _tuple(args: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"expected a list, not {value!r}")
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_read(args[0], item) for item in value)
    if len(value) != len(args):
        raise ValueError(f"expected {len(args)} numbers, not {value!r}")
    return tuple(_read(arg, item) for arg, item in zip(args, value, strict=True))
