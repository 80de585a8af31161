"""The kinds of bad records."""

from __future__ import annotations

import struct
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from poisoning.good import Good
from twin_common.bus.envelope import Envelope
from twin_schemas import codec, examples
from twin_schemas.record import Record

KINDS = (
    "truncated", "unknown_schema", "wrong_magic", "not_allowed", "no_value", "oversize", "no_headers",
    "garbled_headers", "empty_header", "long_header", "long_id", "strange_key", "endless_number_in_key",
    "wrong_partition", "wrong_org", "old_epoch",
)  # fmt: skip
UNREADABLE = ("truncated", "unknown_schema", "wrong_magic", "not_allowed")
_JUST_UNDER = 900_000
_UNKNOWN_ID = 999_999
_LONG = 400_000
_ABOUT_HEADERS = ("no_headers", "garbled_headers", "empty_header", "long_header")

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Poison:
    """A bad record.

    Attributes:
        id: its `ce_id`.
        twin: whom it is about.
    """

    topic: str
    kind: str
    id: str
    twin: str
    partition: int
    key: bytes
    value: bytes | None
    headers: Headers


def poison(kind: str, good: Good, *, headers: str | None = None) -> Poison | None:
    """A record like `good`, but bad; None: there is no such thing on its topic."""
    record: Any = good.record
    partition, org, key = good.partition, "local", good.key.encode()
    match kind:
        case "not_allowed":
            record = examples.load("AuditRecord" if good.topic != "audit.log" else "StopTwin")["full"]
        case "oversize":
            if (grown := _grown(record)) is None:
                return None
            record = grown
        case "strange_key":
            key = b"\xff\xfe\0/\x80"
        case "endless_number_in_key":
            key += b"/" + b"9" * 5000
        case "wrong_partition":
            if good.partitions == 1:
                return None
            partition = (partition + 1) % good.partitions
        case "wrong_org":
            if good.envelope is False and not hasattr(record, "org"):
                return None
            org = "rival"
            if hasattr(record, "org"):
                record = replace(record, **_some(org=org))
        case "long_id":
            if not hasattr(record, "command_id"):
                return None
            record = replace(record, **_some(command_id="x" * _LONG))
        case _ if kind in _ABOUT_HEADERS and good.topic == "sim.journal":
            return poison("old_epoch", good, headers=kind)  # else they'd be the writer's own
        case "old_epoch":
            epoch: Any = getattr(record, "epoch", None)
            if epoch is None:
                return None
            record = replace(
                record, **_some(epoch=0 if isinstance(epoch, int) else replace(epoch, counter=0))
            )
    name = (
        str(uuid.uuid4()) if kind == "long_id" else getattr(record, "command_id", None) or str(uuid.uuid4())
    )
    return Poison(
        good.topic,
        headers or kind,
        name,
        good.twin,
        partition,
        key,
        _bytes(kind, record),
        _headers(headers or kind, record, good, name, org),
    )


def _bytes(kind: str, record: Record) -> bytes | None:
    value = codec.encode(record)
    match kind:
        case "truncated":
            return value[: max(6, len(value) - 9)]
        case "unknown_schema":
            return struct.pack(">bI", 0, _UNKNOWN_ID) + value[5:]
        case "wrong_magic":
            return b"\x01" + value[1:]
        case "no_value":
            return None
    return value


def _headers(kind: str, record: Record, good: Good, name: str, org: str) -> Headers:
    if kind == "no_headers":
        return []
    if kind == "garbled_headers":
        words = (b"", b"\xff\xfe", b"not-a-uuid", b"0" * 10_000)
        names = ("ce_id", "ce_org", "ce_type", "ce_time", "traceparent", "ce_replyto", "authorization")
        return [(each, words[number % len(words)]) for number, each in enumerate(names)]
    whole = Envelope(
        id=name,
        type=type(record).__name__,
        source="poison",
        time_ns=time.time_ns(),
        org=org,
        correlation_id="poison",
        actor="claimed",
        token=good.token,
        reply_to=23,
    )
    headers: dict[str, bytes | None] = dict(whole.headers())
    if kind == "empty_header":
        headers |= {"x": None, "tracestate": None}
    if kind == "long_header":
        headers["ce_correlationid"] = b"x" * _LONG
    return list(headers.items())


def _grown(record: Any) -> Any:
    """The record with its first list or text as large as a broker takes."""
    one = len(codec.encode(record))
    names = (field.name for field in fields(record))
    for name in sorted(names, key=lambda name: name == "twin"):
        value = getattr(record, name)
        if isinstance(value, list) and value:
            per_item = max(1, one - len(codec.encode(replace(record, **_some(**{name: value[1:]})))))
            return replace(record, **_some(**{name: value * (_JUST_UNDER // per_item // len(value))}))
        if isinstance(value, dict) and value:
            return replace(record, **_some(**{name: {"x" * _JUST_UNDER: next(iter(value.values()))}}))
        if isinstance(value, str) and name not in ("org", "scene", "command_id"):
            return replace(record, **_some(**{name: "x" * _JUST_UNDER}))
    return None


def _some(**changes: Any) -> dict[str, Any]:
    return changes
