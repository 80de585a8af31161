"""CloudEvents 1.0 in the Kafka binary binding: what the headers of a control record say.

Extensions of ours: `ce_org`, `ce_actor`, `ce_correlationid`, `ce_causationid`, `ce_replyto`,
`ce_requestdigest`. The caller's bearer token travels in the header `authorization`, the W3C trace context in
`traceparent` and `tracestate`.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Self

from twin_common.bus.types import Headers
from twin_common.errors import EnvelopeError
from twin_common.ids import uuid7

CONTENT_TYPE = "application/avro"
TOKEN_HEADER = "authorization"  # noqa: S105 (a header's name)

_REQUIRED = ("ce_id", "ce_source", "ce_type", "ce_time", "ce_org", "ce_correlationid")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_PARTITION = re.compile(r"[0-9]{1,9}")
_KNOWN = frozenset({*_REQUIRED, "ce_specversion", "ce_subject", "ce_actor", "ce_causationid", "ce_replyto",
                    "ce_requestdigest", "traceparent", "tracestate", TOKEN_HEADER})  # fmt: skip
_LONGEST = 1024
"""Bytes of a header: what follows from a record repeats some of them, and has to fit its topic."""
_LONGEST_OF = {TOKEN_HEADER: 16_384, "tracestate": 512}
_TRACE = ("traceparent", "tracestate")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who says what about what, when, and because of what.

    Attributes:
        id: UUIDv7 of this record; a repeated record repeats it.
        type: name of the record type, such as `CreateTwin`.
        source: the service or program that wrote it.
        time_ns: when, in ns since the Unix epoch.
        org: the organisation on whose behalf.
        correlation_id: id of the request that all this began with.
        subject: what it is about, mostly the aggregate's id.
        actor: the user or service that wanted it.
        causation_id: id of the record that led to this one.
        token: the caller's bearer token without `Bearer `; never shown.
        traceparent: W3C trace context, or None.
        tracestate: vendor part of the trace context, or None.
        reply_to: partition of `bus.replies` on which the sender reads its answer, or None.
        request_digest: names the content of a request under an idempotency key: the same `id` with another digest
            is a conflict. None: not compared.
    """

    id: str
    type: str
    source: str
    time_ns: int
    org: str
    correlation_id: str
    subject: str | None = None
    actor: str | None = None
    causation_id: str | None = None
    token: str | None = field(default=None, repr=False)
    traceparent: str | None = None
    tracestate: str | None = None
    reply_to: int | None = None
    request_digest: str | None = None

    @classmethod
    def new(
        cls,
        *,
        type: str,  # noqa: A002 (CloudEvents' own word)
        source: str,
        org: str,
        time_ns: int | None = None,
        subject: str | None = None,
        actor: str | None = None,
        correlation_id: str | None = None,
        token: str | None = None,
        traceparent: str | None = None,
    ) -> Self:
        """The envelope of a request that begins something; its correlation id is its own id unless given.

        The other arguments are the attributes of the same names. `time_ns` comes from the service's clock;
        the host's time when None.
        """
        identity = uuid7(time_ns)
        return cls(
            id=identity,
            type=type,
            source=source,
            time_ns=time.time_ns() if time_ns is None else time_ns,
            org=org,
            correlation_id=correlation_id or identity,
            subject=subject,
            actor=actor,
            token=token,
            traceparent=traceparent,
        )

    def caused(
        self,
        *,
        type: str,  # noqa: A002 (CloudEvents' own word)
        source: str,
        time_ns: int | None = None,
        subject: str | None = None,
    ) -> Envelope:
        """The envelope of a record that follows from this one: same org, actor, correlation and trace; no
        token.
        """
        return replace(
            self,
            id=uuid7(time_ns),
            type=type,
            source=source,
            time_ns=time.time_ns() if time_ns is None else time_ns,
            subject=subject or self.subject,
            causation_id=self.id,
            token=None,
            reply_to=None,
            request_digest=None,
        )

    def headers(self) -> Headers:
        """The record headers; what is None is left out."""
        texts = {
            "ce_specversion": "1.0",
            "ce_id": self.id,
            "ce_type": self.type,
            "ce_source": self.source,
            "ce_time": _format_time(self.time_ns),
            "ce_subject": self.subject,
            "ce_org": self.org,
            "ce_actor": self.actor,
            "ce_correlationid": self.correlation_id,
            "ce_causationid": self.causation_id,
            "ce_replyto": None if self.reply_to is None else str(self.reply_to),
            "ce_requestdigest": self.request_digest,
            "content-type": CONTENT_TYPE,
            "traceparent": self.traceparent,
            "tracestate": self.tracestate,
            TOKEN_HEADER: None if self.token is None else f"Bearer {self.token}",
        }
        return tuple((name, text.encode()) for name, text in texts.items() if text is not None)

    @classmethod
    def parse(cls, headers: Headers) -> Self:
        """Read an envelope; the first header of a name counts, unknown ones are ignored.

        A malformed or overlong trace context is dropped, as W3C asks.

        Raises:
            EnvelopeError: a required attribute is missing, or one is malformed or longer than 1 KiB (a token: 16);
                `code` is `bad_envelope`.
        """
        texts: dict[str, str] = {}
        for name, value in headers:
            if name not in _KNOWN:
                continue
            if len(value) > (longest := _LONGEST_OF.get(name, _LONGEST)):
                if name in _TRACE:
                    continue
                raise _bad(f"header {name} has {len(value)} bytes; {longest} are most")
            try:
                texts.setdefault(name, value.decode())
            except UnicodeDecodeError:
                raise _bad(f"header {name} isn't UTF-8") from None
        if missing := [name for name in _REQUIRED if not texts.get(name)]:
            raise _bad(f"header {missing[0]} is missing")
        if (version := texts.get("ce_specversion")) != "1.0":
            raise _bad(f"ce_specversion is {version!r}, known is '1.0'")
        if not _UUID.fullmatch(texts["ce_id"]):
            raise _bad("ce_id isn't a UUID")
        trace = texts.get("traceparent")
        traced = trace is not None and _TRACEPARENT.fullmatch(trace) is not None
        return cls(
            id=texts["ce_id"],
            type=texts["ce_type"],
            source=texts["ce_source"],
            time_ns=_parse_time(texts["ce_time"]),
            org=texts["ce_org"],
            correlation_id=texts["ce_correlationid"],
            subject=texts.get("ce_subject"),
            actor=texts.get("ce_actor"),
            causation_id=texts.get("ce_causationid"),
            token=_parse_token(texts.get(TOKEN_HEADER)),
            traceparent=trace if traced else None,
            tracestate=texts.get("tracestate") if traced else None,
            reply_to=_parse_partition(texts.get("ce_replyto")),
            request_digest=texts.get("ce_requestdigest"),
        )


def without_token(headers: Headers) -> Headers:
    """The headers as they may be kept: the caller's token is left out."""
    return tuple((name, value) for name, value in headers if name.lower() != TOKEN_HEADER)


def _bad(reason: str) -> EnvelopeError:
    return EnvelopeError("bad_envelope", f"not a CloudEvents 1.0 record: {reason}")


def _format_time(time_ns: int) -> str:
    seconds, nanos = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC).strftime('%Y-%m-%dT%H:%M:%S').zfill(19)}.{nanos:09d}Z"


def _parse_time(text: str) -> int:
    match = _TIME.fullmatch(text)
    if match is None:
        raise _bad(f"ce_time {text[:40]!r} isn't an RFC 3339 time")
    try:
        whole = datetime.fromisoformat(match[1] + ("+00:00" if match[3] == "Z" else match[3]))
        elapsed = whole - _EPOCH
    except (ValueError, OverflowError):
        raise _bad(f"ce_time {text[:40]!r} isn't an RFC 3339 time") from None
    return (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000_000 + int((match[2] or "0").ljust(9, "0"))


def _parse_partition(text: str | None) -> int | None:
    if text is None:
        return None
    if not _PARTITION.fullmatch(text):
        raise _bad(f"ce_replyto {text[:40]!r} isn't a partition")
    return int(text)


def _parse_token(text: str | None) -> str | None:
    if text is None:
        return None
    scheme, _, token = text.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _bad("header authorization isn't a bearer token")
    return token.strip()
