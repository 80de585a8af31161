"""Where finished spans go."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from twin_common.settings.services import Telemetry

_TIMEOUT_S = 5.0


class FileExporter(SpanExporter):
    """Appends spans as JSON lines; several processes may share a file."""

    def __init__(self, path: Path, service: str) -> None:
        """Write to `path`, whose folder must exist or be creatable."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._service = service

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write a batch at once, so that lines of other processes don't fall into one of ours."""
        lines = "".join(f"{json.dumps(as_fields(span, self._service))}\n" for span in spans)
        try:
            os.write(self._file, lines.encode())
        except OSError:
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def as_fields(span: ReadableSpan, service: str) -> dict[str, Any]:
    """A span as one JSON object: ids in hex, times in ns since the Unix epoch."""
    context, parent = span.get_span_context(), span.parent
    assert context is not None
    return {
        "service": service,
        "name": span.name,
        "kind": span.kind.name.lower(),
        "trace_id": f"{context.trace_id:032x}",
        "span_id": f"{context.span_id:016x}",
        "parent_id": f"{parent.span_id:016x}" if parent is not None else None,
        "start_ns": span.start_time,
        "end_ns": span.end_time,
        "status": span.status.status_code.name.lower(),
        "attributes": dict(span.attributes or {}),
    }


def make_exporter(settings: Telemetry, service: str) -> SpanExporter:
    """The exporter that the settings choose; not for `none`."""
    if settings.exporter == "file":
        return FileExporter(Path(settings.file), service)
    return OTLPSpanExporter(endpoint=settings.endpoint, timeout=_TIMEOUT_S)
