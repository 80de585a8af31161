import json
from pathlib import Path

import pytest

from twin_common import telemetry
from twin_common.errors import SettingsError
from twin_common.settings.services import Telemetry

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def lines(tmp_path):
    """Starts a file of spans; calling the fixture's value ends the recording and gives what was written."""
    path = tmp_path / "deep" / "spans.jsonl"
    tracing = telemetry.start(Telemetry(exporter="file", file=str(path)), "tester")

    def written():
        tracing.close()
        return [json.loads(line) for line in path.read_text().splitlines()]

    yield written
    tracing.close()


def test_a_span_is_the_child_of_the_one_that_the_task_is_in(lines):
    with telemetry.span("outer", root=True, kind="server") as outer, telemetry.span("inner"):
        assert telemetry.current() != outer.traceparent
    inner, outer = lines()
    assert (inner["name"], outer["name"]) == ("inner", "outer")
    assert inner["parent_id"] == outer["span_id"]
    assert inner["trace_id"] == outer["trace_id"]
    assert outer["parent_id"] is None


def test_a_span_follows_from_the_context_that_another_process_sent(lines):
    with telemetry.span("work", parent=PARENT, attributes={"twin": "arm"}) as work:
        context = work.traceparent
    (span,) = lines()
    assert span["trace_id"] == PARENT.split("-")[1]
    assert span["parent_id"] == PARENT.split("-")[2]
    assert context == f"00-{span['trace_id']}-{span['span_id']}-01"
    assert (span["service"], span["attributes"]) == ("tester", {"twin": "arm"})


def test_work_that_is_over_is_recorded_with_its_own_times(lines):
    context = telemetry.record("step", parent=PARENT, start_ns=1_000, end_ns=2_000)
    (span,) = lines()
    assert (span["start_ns"], span["end_ns"]) == (1_000, 2_000)
    assert context == f"00-{span['trace_id']}-{span['span_id']}-01"


def test_nothing_is_recorded_without_a_trace_unless_one_is_begun(lines):
    with telemetry.span("idle") as idle:
        assert idle.traceparent is None
    assert telemetry.record("step", parent=None, start_ns=1, end_ns=2) is None
    assert lines() == []


def test_a_trace_that_its_sender_does_not_sample_is_handed_on_and_not_recorded(lines):
    unsampled = PARENT[:-2] + "00"
    with telemetry.span("work", parent=unsampled) as work:
        assert work.traceparent is not None
        assert work.traceparent.split("-")[1] == PARENT.split("-")[1]
        assert work.traceparent.endswith("-00")
    assert lines() == []


def test_a_failed_piece_of_work_says_so(lines):
    with pytest.raises(ValueError, match="no"), telemetry.span("work", root=True):
        raise ValueError("no")
    assert lines()[0]["status"] == "error"


def test_a_malformed_context_begins_a_trace_of_its_own(lines):
    with telemetry.span("work", parent="00-xyz", root=True):
        pass
    assert lines()[0]["parent_id"] is None


def test_without_an_exporter_the_context_goes_through():
    telemetry.start(Telemetry(), "tester")
    with telemetry.span("work", parent=PARENT) as work, telemetry.span("inner"):
        assert work.traceparent == PARENT
        assert telemetry.current() == PARENT
    assert telemetry.current() is None


def test_an_exporter_without_its_file_is_a_settings_error(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"telemetry\.file"):
        telemetry.start(Telemetry(exporter="file"), "tester")
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="can't be written"):
        telemetry.start(Telemetry(exporter="file", file=str(tmp_path / "file" / "spans")), "tester")
