"""Traces: what led to what, across services and topics.

A process calls `start` once (`run_service` does) and `close` on what it returns. Everywhere else a piece of work
is wrapped in `span`, and `traceparent` of the span goes into the envelope or header of what follows from it:

    with span("POST /v1/twins", parent=request.headers.get("traceparent"), root=True, kind="server") as work:
        ...                                      # anything awaited in here may ask `current()`
        envelope = Envelope.new(..., traceparent=current())

Without an exporter a span records nothing and hands on the trace context that it was given.
"""

from twin_common.telemetry.spans import Span, Tracing, current, record, span, start

__all__ = ["Span", "Tracing", "current", "record", "span", "start"]
