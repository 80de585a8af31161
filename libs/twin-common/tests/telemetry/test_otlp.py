"""Spans over OTLP, to a collector played by the test."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from twin_common import telemetry
from twin_common.settings.services import Telemetry


class Collector(HTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.requests: list[ExportTraceServiceRequest] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/traces"


class Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.requests.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class calls it so)
        pass


@pytest.fixture
def collector():
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_spans_reach_a_collector_before_the_process_ends(collector):
    tracing = telemetry.start(Telemetry(exporter="otlp", endpoint=collector.url), "tester")
    with telemetry.span("work", root=True, attributes={"twin": "arm"}):
        pass
    tracing.close()
    (request,) = collector.requests
    (resource,) = request.resource_spans
    assert {a.key: a.value.string_value for a in resource.resource.attributes}["service.name"] == "tester"
    (span,) = resource.scope_spans[0].spans
    assert (span.name, span.attributes[0].value.string_value) == ("work", "arm")


def test_a_trace_that_is_not_sampled_is_not_sent(collector):
    tracing = telemetry.start(Telemetry(exporter="otlp", endpoint=collector.url, sample=0.0), "tester")
    with telemetry.span("work", root=True):
        pass
    tracing.close()
    assert collector.requests == []


def test_a_collector_that_is_not_there_costs_spans_and_nothing_else():
    tracing = telemetry.start(Telemetry(exporter="otlp", endpoint="http://127.0.0.1:1/v1/traces"), "tester")
    with telemetry.span("work", root=True) as work:
        assert work.traceparent is not None
    tracing.close()
