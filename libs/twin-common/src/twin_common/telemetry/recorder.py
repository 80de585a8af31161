"""Records spans through OpenTelemetry. Imported only where they are wanted."""

from __future__ import annotations

from types import TracebackType
from typing import Final, Self

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from twin_common.settings.services import Telemetry
from twin_common.telemetry.context import to_context, to_text
from twin_common.telemetry.exporters import make_exporter
from twin_common.telemetry.spans import Attributes, Kind, entered

_BATCH_MS: Final = 500
_KINDS: Final = {
    "internal": trace.SpanKind.INTERNAL,
    "server": trace.SpanKind.SERVER,
    "producer": trace.SpanKind.PRODUCER,
    "consumer": trace.SpanKind.CONSUMER,
}


class Recorder:
    """One process's tracer and the thread that exports for it."""

    def __init__(self, settings: Telemetry, service: str) -> None:
        """Open the exporter; raises OSError when its file can't be written."""
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(settings.sample)),
            resource=Resource.create({"service.name": service}),
            shutdown_on_exit=False,
        )
        exporter = make_exporter(settings, service)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_BATCH_MS))
        self._tracer = self._provider.get_tracer("hanzo-twin")

    def span(self, name: str, parent: str | None, kind: Kind, attributes: Attributes | None) -> Recorded:
        """A span that begins when it is entered."""
        return Recorded(self._tracer, name, parent, kind, attributes)

    def record(
        self,
        name: str,
        parent: str,
        kind: Kind,
        attributes: Attributes | None,
        start_ns: int,
        end_ns: int,
    ) -> str | None:
        """A span that is over."""
        span = self._tracer.start_span(
            name, to_context(parent), _KINDS[kind], dict(attributes or {}), start_time=start_ns
        )
        span.end(end_ns)
        return to_text(span.get_span_context())

    def close(self) -> None:
        """Export what is left."""
        self._provider.shutdown()


class Recorded:
    """A span that is recorded."""

    def __init__(
        self, tracer: trace.Tracer, name: str, parent: str | None, kind: Kind, attributes: Attributes | None
    ) -> None:
        """Begin when entered."""
        self._tracer, self._name, self._kind = tracer, name, kind
        self._parent, self._attributes = parent, dict(attributes or {})
        self._span: trace.Span = trace.INVALID_SPAN
        self._entered = entered(parent)

    @property
    def traceparent(self) -> str | None:
        """Its own context."""
        return self._entered.traceparent

    def set(self, name: str, value: str | int | float | bool) -> None:
        """Note an attribute."""
        self._span.set_attribute(name, value)

    def __enter__(self) -> Self:
        self._span = self._tracer.start_span(
            self._name, to_context(self._parent), _KINDS[self._kind], self._attributes
        )
        self._entered = entered(to_text(self._span.get_span_context()))
        self._entered.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace_: TracebackType | None
    ) -> None:
        self._entered.__exit__(kind, error, trace_)
        if error is not None and isinstance(error, Exception):
            self._span.set_status(trace.Status(trace.StatusCode.ERROR, type(error).__name__))
        self._span.end()
