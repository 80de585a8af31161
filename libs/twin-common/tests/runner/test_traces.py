import json
from dataclasses import replace

from twin_common import telemetry
from twin_common.settings.services import Telemetry

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_handling_a_traced_record_is_a_span_under_its_senders(bench, tmp_path):
    tracing = telemetry.start(Telemetry(exporter="file", file=str(tmp_path / "spans")), "scene-manager")
    inside = []

    async def handler(record, message):
        inside.append(telemetry.current())

    async with bench.running(bench.runner(handler)):
        await bench.give("a", sent=replace(bench.envelope(), traceparent=PARENT))
        await bench.until(lambda: inside)
    tracing.close()
    (span,) = [json.loads(line) for line in (tmp_path / "spans").read_text().splitlines()]
    assert (span["name"], span["parent_id"]) == ("handle StartTwin", PARENT.split("-")[2])
    assert inside == [f"00-{span['trace_id']}-{span['span_id']}-01"]
