"""W3C trace context, as text and as OpenTelemetry has it."""

from __future__ import annotations

import re

from opentelemetry import trace
from opentelemetry.context import Context

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


def to_context(traceparent: str | None) -> Context:
    """The context that a text names; an empty one when there is none or it isn't well formed."""
    match = _TRACEPARENT.fullmatch(traceparent or "")
    if match is None:
        return Context()
    parent = trace.SpanContext(
        int(match[1], 16), int(match[2], 16), is_remote=True, trace_flags=trace.TraceFlags(int(match[3], 16))
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(parent), Context())


def to_text(context: trace.SpanContext) -> str | None:
    """The text of a context; None when it names nothing."""
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
