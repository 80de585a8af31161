"""From the bytes of a message to finite numbers, or a typed refusal. Nothing else gets past this module."""

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from sync_engine.errors import PayloadRefused

Json = Any
"""A decoded JSON value: numbers, text, booleans, None, lists and dicts of them."""

_MISSING: Final = object()
_LATEST_NS: Final = 2**62
_EXPLAIN_BYTES: Final = 65_536


def decode(payload: bytes, limit: int) -> Json:
    """The JSON value that a message carries; a bare number is JSON too.

    Raises:
        PayloadRefused: `oversize`, `not_finite` or `non_json`.
    """
    if len(payload) > limit:
        raise PayloadRefused(
            "oversize", f"{len(payload)} bytes, at most {limit} are read; send less per message"
        )
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        if _means_nan(payload):
            raise PayloadRefused(
                "not_finite", "the payload has a number that isn't finite (NaN or Infinity)"
            ) from None
        raise PayloadRefused("non_json", f"the payload of {len(payload)} bytes isn't JSON: {error}") from None


def pluck(value: Json, path: Sequence[str]) -> Json:
    """What lies at a dotted path, given as its steps; a number indexes a list.

    Raises:
        PayloadRefused: `missing_field`.
    """
    found = find(value, path)
    if found is _MISSING:
        raise PayloadRefused("missing_field", f"the payload has nothing at {'.'.join(path)}")
    return found


def find(value: Json, path: Sequence[str], default: Json = _MISSING) -> Json:
    """Like `pluck`, with a default instead of the error."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step, _MISSING)
        elif isinstance(value, list) and step.isdecimal() and len(step) < 10 and int(step) < len(value):
            value = value[int(step)]
        else:
            return default
        if value is _MISSING:
            return default
    return value


def number(value: Json, what: str) -> float:
    """A finite number.

    Raises:
        PayloadRefused: `wrong_shape` or `not_finite`.
    """
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise PayloadRefused("not_finite", f"{what} is {value}")
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    raise PayloadRefused("wrong_shape", f"{what} is {_kind(value)}, not a number")


def numbers(value: Json, what: str) -> list[float]:
    """A list of finite numbers.

    Raises:
        PayloadRefused: `wrong_shape` or `not_finite`.
    """
    if not isinstance(value, list):
        raise PayloadRefused("wrong_shape", f"{what} is {_kind(value)}, not a list of numbers")
    return [number(item, what) for item in value]


def source_time(value: Json, unit_ns: int) -> int:
    """A source's time in ns since the Unix epoch.

    Args:
        value: a number in the unit, ISO 8601 text (UTC unless it says otherwise), or a ROS stamp (`sec`,
            `nanosec`).
        unit_ns: nanoseconds in the unit.

    Raises:
        PayloadRefused: `bad_time`.
    """
    try:
        if isinstance(value, str):
            time_ns = _iso_ns(value)
        elif isinstance(value, dict):
            time_ns = _whole(value["sec"]) * 1_000_000_000 + _whole(value["nanosec"])
        elif isinstance(value, int) and not isinstance(value, bool):
            time_ns = value * unit_ns
        elif isinstance(value, float):
            whole = math.floor(value)  # apart, so that the nanoseconds of today's seconds aren't rounded away
            time_ns = whole * unit_ns + round((value - whole) * unit_ns)
        else:
            raise ValueError
    except (ValueError, OverflowError, KeyError):
        raise PayloadRefused(
            "bad_time", f"the time is {_kind(value)} that is no time since the Unix epoch"
        ) from None
    if not 0 < time_ns < _LATEST_NS:
        raise PayloadRefused("bad_time", f"the time is {time_ns} ns since the Unix epoch; check time_unit")
    return time_ns


def _iso_ns(text: str) -> int:
    moment = datetime.fromisoformat(text)
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.fromtimestamp(0, UTC)
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000


def _whole(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError
    return value


def _means_nan(payload: bytes) -> bool:
    """Whether the payload would be JSON if that had NaN and Infinity, which most senders' libraries write."""
    if len(payload) > _EXPLAIN_BYTES or not any(
        word in payload for word in (b"NaN", b"nan", b"Inf", b"inf", b"e", b"E")
    ):
        return False
    try:
        return _has_nan(json.loads(payload))
    except (ValueError, RecursionError):
        pass
    try:
        return not math.isfinite(float(payload))
    except ValueError:
        return False


def _has_nan(value: Json) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, dict):
        return any(_has_nan(item) for item in value.values())
    return isinstance(value, list) and any(_has_nan(item) for item in value)


def _kind(value: Json) -> str:
    return {dict: "an object", list: "a list", str: "text", bool: "a boolean", type(None): "null"}.get(
        type(value), "a number"
    )
