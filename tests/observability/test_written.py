"""Dashboards and alerts as files: made from their code, about metrics that exist, understood by Prometheus."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from watching.questions import ALERTS, DASHBOARDS, ROOT, Question, of_alerts, of_dashboards


def promtool(*arguments: str) -> str:
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_files_are_those_that_the_code_writes(tmp_path: Path) -> None:
    sys.path.insert(0, str(DASHBOARDS.parent))
    try:
        import dashboards
    finally:
        sys.path.pop(0)
    written = {f"{board.uid}.json": dashboards.text(board) for board in dashboards.DASHBOARDS}
    there = {file.name: file.read_text() for file in DASHBOARDS.glob("*.json")}
    assert there == written, "run: python deploy/grafana/dashboards.py"


@pytest.mark.parametrize("question", [*of_dashboards(), *of_alerts()], ids=str)
def test_it_asks_for_metrics_and_labels_that_services_have(question: Question) -> None:
    assert question.metrics()
    assert question.unknown() == set()


def test_a_misspelt_metric_or_label_is_found() -> None:
    asked = 'sum by (colour) (rate(hanzo_twin_step_total{twin="a", shape="b"}[1m]))'
    assert Question("here", asked).unknown() == {"hanzo_twin_step_total", "colour", "twin", "shape"}


def test_every_panel_has_a_place_of_its_own_and_a_name() -> None:
    for file in DASHBOARDS.glob("*.json"):
        panels = json.loads(file.read_text())["panels"]
        places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
        assert len(places) == len({panel["title"] for panel in panels}) == len(panels)


def test_every_alert_says_what_to_do() -> None:
    for group in yaml.safe_load(ALERTS.read_text())["groups"]:
        for rule in group["rules"]:
            assert set(rule["annotations"]) == {"summary", "remedy"}
            assert rule["labels"]["severity"] in {"page", "ticket"}


def test_prometheus_takes_the_configuration_and_the_rules() -> None:
    assert f"{len(of_alerts())} rules found" in promtool(
        "check", "config", str(ROOT / "deploy/prometheus/prometheus.yml")
    )


def test_every_alert_fires_when_it_should_and_only_then() -> None:
    cases = Path(__file__).with_name("alerts.test.yml")
    tests = yaml.safe_load(cases.read_text())["tests"]
    assert [test["name"] for test in tests] == ["calm", *(question.where for question in of_alerts())]
    promtool("test", "rules", str(cases))
