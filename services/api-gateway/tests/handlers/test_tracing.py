"""A request is a span, and its command follows from it."""

import json

import pytest

from twin_common import telemetry
from twin_common.settings.services import Telemetry

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans(tmp_path):
    """Ends the recording and gives what was recorded."""
    file = tmp_path / "spans.jsonl"
    tracing = telemetry.start(Telemetry(exporter="file", file=str(file)), "api-gateway")

    def recorded():
        tracing.close()
        return [json.loads(line) for line in file.read_text().splitlines()]

    yield recorded
    tracing.close()


async def test_a_command_follows_from_the_span_of_its_request(bed, spans):
    await bed.create("arm", headers={"traceparent": CALLER})
    _, trace, span, _ = bed.owner.commands[0][0].traceparent.split("-")
    (request,) = [each for each in spans() if each["name"] == "POST /v1/twins"]
    assert (request["trace_id"], request["span_id"]) == (trace, span)
    assert (request["trace_id"], request["parent_id"]) == tuple(CALLER.split("-")[1:3])
    assert request["kind"] == "server"


async def test_a_request_without_a_trace_begins_one(bed, spans):
    await bed.create("arm")
    (request,) = [each for each in spans() if each["name"] == "POST /v1/twins"]
    assert request["parent_id"] is None
    assert bed.owner.commands[0][0].traceparent.split("-")[1] == request["trace_id"]


async def test_spans_are_named_by_the_template_of_the_path(bed, spans):
    await bed.get("/v1/twins/some-secret-name")
    assert "GET /v1/twins/{ref}" in [each["name"] for each in spans()]
