"""One trace from a request to the prediction that it led to, through every service and every topic between."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from platform_support.running import Platform, definition

from hanzo_twin.stack import EmbeddedStack
from hanzo_twin.stack.services import usual
from twin_schemas.records import JointCommand, PredictionFrame, SetJointCommand, TwinPrediction

HINGE = "/World/Pendulum/hinge"
CHAIN = [
    ("api-gateway", "POST /v1/twins/{ref}/joint-command"),
    ("sync-engine", "handle SetJointCommand"),
    ("sync-engine", "sequence"),
    ("sim-worker", "engine step"),
    ("sync-engine", "publish prediction"),
]


@pytest.mark.timeout(240)
def test_a_joint_command_is_one_trace_from_the_request_to_the_prediction(tmp_path: Path) -> None:
    lines = tmp_path / "spans.jsonl"
    variables = {"HANZO_TWIN_TELEMETRY_EXPORTER": "file", "HANZO_TWIN_TELEMETRY_FILE": str(lines)}
    with EmbeddedStack(tmp_path / "home", services=dict.fromkeys(usual(), 1), variables=variables) as stack:
        platform = Platform(stack)
        try:
            platform.scene()
            answer = commanded(platform)
            spans = platform.until(lambda: traced(lines, answer["command"]), lambda found: len(found) >= 5)
            on_topics = platform.until(
                lambda: contexts(platform, answer["command"]), lambda found: len(found) == 4
            )
        finally:
            platform.close()
    assert_parentage(spans)
    ids = {span["name"]: span["span_id"] for span in spans}
    request, handled, sequenced, stepped, published = (name for _, name in CHAIN)
    assert on_topics == {
        "sim.commands": ids[request],
        "sim.journal": ids[sequenced],
        "sim.predictions": ids[stepped],
        "swing": ids[published],
    }
    assert handled in ids


def commanded(platform: Platform) -> dict[str, Any]:
    """Let a twin run and command it; what the gateway answered."""
    yaml = {"Content-Type": "application/yaml"}
    made = platform.call("POST", "/v1/twins", content=definition("swing", rate_hz=10), headers=yaml)
    assert made.status_code == 201, made.text
    assert platform.call("POST", "/v1/twins/swing/start").status_code == 200
    platform.until(lambda: platform.twin("swing"), lambda twin: twin.get("phase") == "running")
    body = {"targets": {HINGE: {"mode": "effort", "value": 0.1}}}

    def command() -> Any:
        return platform.call("POST", "/v1/twins/swing/joint-command", json=body)

    answer = platform.until(command, lambda sent: sent.status_code == 200)
    assert answer.json()["status"] == "applied"
    found: dict[str, Any] = answer.json()
    return found


def traced(lines: Path, command: str) -> list[dict[str, Any]]:
    """The spans of the command's trace that belong to the chain, in its order."""
    spans = [json.loads(line) for line in lines.read_text().splitlines()] if lines.exists() else []
    trace = next((s["trace_id"] for s in spans if s["attributes"].get("command") == command), "")
    mine = {(s["service"], s["name"]): s for s in spans if s["trace_id"] == trace}
    return [mine[step] for step in CHAIN if step in mine]


def assert_parentage(spans: list[dict[str, Any]]) -> None:
    """Each step is the child of the one before, and none begins before it."""
    assert [(span["service"], span["name"]) for span in spans] == CHAIN
    assert spans[0]["parent_id"] is None
    for parent, child in pairwise(spans):
        assert child["parent_id"] == parent["span_id"], child["name"]
        assert child["start_ns"] >= parent["start_ns"], child["name"]


def contexts(platform: Platform, command: str) -> dict[str, str]:
    """By topic, the span that the record of this command, or of what followed from it, names as its cause."""
    found: dict[str, str] = {}
    for name in ("sim.commands", "sim.journal", "sim.predictions", "swing"):
        for message, record in platform.records(name):
            context = dict(message.headers() or ()).get("traceparent")
            concerns = isinstance(record, PredictionFrame | TwinPrediction) or (
                isinstance(record, SetJointCommand | JointCommand) and record.command_id == command
            )
            if context is not None and concerns:
                found[name] = context.decode().split("-")[2]
    return found
