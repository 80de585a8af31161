"""Hostile values in the shape of JSON: of documents that parse, and mean something that nobody expects."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

_TEXTS = (
    "", " ", "\0", "a" * 5000, "../../etc/passwd", "/World/\ud800", "NaN", "null", "-1", "1e400", "٣", "²", "\u202e",
    "${x}", "2026-01-01T00:00:00Z", "9999-12-31T23:59:59.999999+14:00", "0001-01-01T00:00:00-23:59", "a/b/c#+",
    "mqtt://[::1", "kafka://:99999", "scene:", "scene:a@999999999999999999999", "%00", "a.b.c.d", ".", "[0]", "[/b]",
)  # fmt: skip
_NUMBERS = (
    0, 1, -1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, -(2**63), 2**64, 10**400, 0.0, -0.0, 1e308, -1e308,
    5e-324, 1e-9, 0.1, 1e15,
)  # fmt: skip
_OTHERS: tuple[Any, ...] = (
    None,
    True,
    False,
    [],
    {},
    [None],
    [[]],
    {"": {}},
    [1, "a", None],
    {"a": 1, "b": [2]},
)


def hostile(rng: random.Random) -> Any:
    """A value that some reader won't like."""
    match rng.randrange(4):
        case 0:
            return rng.choice(_TEXTS)
        case 1:
            return rng.choice(_NUMBERS)
        case 2:
            return rng.uniform(-1e6, 1e6)
        case _:
            return copy.deepcopy(rng.choice(_OTHERS))


def reshaped(rng: random.Random, value: Any) -> Any:
    """The document with one to four of its places changed."""
    holder = [copy.deepcopy(value)]
    for _ in range(rng.randint(1, 4)):
        where, key = rng.choice(list(_places(holder)))
        rng.choice(_CHANGES)(rng, where, key)
    return holder[0] if holder else None


def _places(value: Any, depth: int = 0) -> Any:
    items = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for key, inner in items:
        yield value, key
        if depth < 30:
            yield from _places(inner, depth + 1)
    if not value and depth == 0:
        value.append(None)
        yield value, 0


def _replace(rng: random.Random, where: Any, key: Any) -> None:
    where[key] = hostile(rng)


def _drop(rng: random.Random, where: Any, key: Any) -> None:
    del where[key]


def _rename(rng: random.Random, where: Any, key: Any) -> None:
    if isinstance(where, dict):
        where[rng.choice((*_TEXTS, *map(str, where)))] = where.pop(key)
    else:
        where.insert(rng.randint(0, len(where)), copy.deepcopy(where[key]))


def _many(rng: random.Random, where: Any, key: Any) -> None:
    inner = copy.deepcopy(where[key])
    count = rng.choice((2, 10, 300))
    where[key] = [inner] * count if rng.random() < 0.5 else {f"k{n}": inner for n in range(count)}


def _deeper(rng: random.Random, where: Any, key: Any) -> None:
    inner = where[key]
    for _ in range(rng.choice((1, 5, 60))):
        inner = [inner] if rng.random() < 0.5 else {"value": inner}
    where[key] = inner


_CHANGES: tuple[Callable[[random.Random, Any, Any], None], ...] = (
    _replace, _replace, _replace, _replace, _drop, _rename, _many, _deeper,
)  # fmt: skip
