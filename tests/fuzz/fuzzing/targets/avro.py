"""Avro values of the right type that make no sense."""

from __future__ import annotations

import random
from typing import Any

from fuzzing.values import hostile

_WHOLE = (0, 1, -1, 2, 7, 1000, 2**31 - 1, -(2**31), 2**53, 2**62, 2**63 - 1, -(2**63))
_REAL = (0.0, -0.0, 1.0, -1.0, 1e308, -1e308, 5e-324, float("nan"), float("inf"), float("-inf"), 1e-9, 3.3e38)


class Change:
    """Walks down a schema and its datum to some place, and puts something else there."""

    def __init__(self, rng: random.Random, schema: Any) -> None:
        self._rng = rng
        self._named: dict[str, Any] = {}
        self._learn(schema)

    def _learn(self, schema: Any) -> None:
        if isinstance(schema, list):
            for branch in schema:
                self._learn(branch)
        elif isinstance(schema, dict):
            if "name" in schema:
                self._named[schema["name"]] = schema
            for inner in (schema.get("type"), schema.get("items"), schema.get("values")):
                if isinstance(inner, dict | list):
                    self._learn(inner)
            for field in schema.get("fields", ()):
                self._learn(field["type"])

    def changed(self, schema: Any, datum: Any) -> Any:
        """The datum with something else in one place."""
        schema = self._resolved(schema)
        if isinstance(schema, list):
            return self._union(schema, datum)
        kind = schema["type"] if isinstance(schema, dict) else schema
        if kind == "record":
            field = self._rng.choice(schema["fields"])
            return {**datum, field["name"]: self.changed(field["type"], datum[field["name"]])}
        if kind == "array":
            return self._array(schema["items"], datum)
        if kind == "map":
            return self._map(schema["values"], datum)
        return self._scalar(schema, kind)

    def _resolved(self, schema: Any) -> Any:
        return self._named.get(schema, schema) if isinstance(schema, str) else schema

    def _union(self, branches: list[Any], datum: Any) -> Any:
        rng = self._rng
        if rng.random() < 0.2 and "null" in branches:
            return None
        if isinstance(datum, tuple):  # a record with its name, where a union has several
            name, value = datum
            return name, self.changed(self._named[name], value)
        scalars = [b for b in branches if b != "null" and not self._is_record(b)]
        if datum is not None and not scalars:
            (branch,) = [b for b in branches if b != "null"][:1]
            return self.changed(branch, datum)
        return self.changed(rng.choice(scalars), [] if datum is None else datum) if scalars else datum

    def _is_record(self, schema: Any) -> bool:
        resolved = self._resolved(schema)
        return isinstance(resolved, dict) and resolved["type"] == "record"

    def _array(self, items: Any, datum: Any) -> Any:
        rng = self._rng
        if not isinstance(datum, list) or not datum:
            return (
                []
                if self._is_record(items)
                else [self.changed(items, None) for _ in range(rng.choice((0, 1, 3, 500)))]
            )
        match rng.randrange(4):
            case 0:
                return datum[: rng.randint(0, len(datum))]
            case 1:
                return datum * rng.choice((2, 20))
            case _:
                at = rng.randrange(len(datum))
                return [*datum[:at], self.changed(items, datum[at]), *datum[at + 1 :]]

    def _map(self, values: Any, datum: Any) -> Any:
        rng = self._rng
        if not isinstance(datum, dict) or not datum or rng.random() < 0.3:
            known = datum if isinstance(datum, dict) else {}
            return {} if self._is_record(values) else {**known, self._text(): self.changed(values, None)}
        key = rng.choice(sorted(datum))
        return {**datum, key: self.changed(values, datum[key])}

    def _scalar(self, schema: Any, kind: str) -> Any:
        rng = self._rng
        match kind:
            case "enum":
                return rng.choice(schema["symbols"])
            case "int":
                return max(-(2**31), min(2**31 - 1, rng.choice(_WHOLE)))
            case "long":
                return rng.choice(_WHOLE) if rng.random() < 0.8 else rng.getrandbits(63)
            case "double" | "float":
                return rng.choice(_REAL) if rng.random() < 0.8 else rng.uniform(-1e4, 1e4)
            case "boolean":
                return rng.random() < 0.5
            case "bytes":
                return rng.randbytes(rng.choice((0, 1, 7, 64, 5000)))
            case "null":
                return None
            case _:
                return self._text()

    def _text(self) -> str:
        value = hostile(self._rng)
        return (value if isinstance(value, str) else str(value)[:300]).encode(errors="replace").decode()
