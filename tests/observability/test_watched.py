"""A real Prometheus scrapes every service of a running stack, and answers what dashboards and alerts ask."""

from __future__ import annotations

import math
import time

import pytest
from watching.prometheus import Prometheus
from watching.questions import Question, of_alerts, of_dashboards
from watching.stage import NAME

from hanzo_twin.stack.services import SERVICES

INTERVAL = "15s"


def test_every_service_is_scraped(watched: Prometheus) -> None:
    for service in SERVICES:
        scraped = watched.query(f'up{{job="hanzo-twin", service="{service.name}"}}')
        assert scraped, service.name
        assert set(scraped.values()) == {1.0}


@pytest.mark.parametrize("question", of_dashboards(), ids=str)
def test_a_dashboards_query_is_answered_with_numbers(watched: Prometheus, question: Question) -> None:
    while True:
        values = watched.query(question.at(interval=INTERVAL)).values()
        if values and not any(math.isnan(value) for value in values):
            return
        assert time.monotonic() < watched.settled_by, f"{question.expression}: {list(values)}"
        time.sleep(0.5)


@pytest.mark.parametrize("question", of_alerts(), ids=str)
def test_an_alerts_expression_is_answered(watched: Prometheus, question: Question) -> None:
    watched.query(question.expression)


def test_every_rule_is_healthy(watched: Prometheus) -> None:
    rules = watched.rules()
    assert {rule["name"] for rule in rules} == {question.where for question in of_alerts()}
    assert {rule["health"] for rule in rules} <= {"ok", "unknown"}
    assert [rule.get("lastError") for rule in rules if rule.get("lastError")] == []


@pytest.mark.parametrize(
    "metric", ["hanzo_twin_steps_total", "hanzo_twin_checkpoints_total", "hanzo_twin_sync_frames_total"]
)
def test_a_twin_goes_by_its_name_in_every_service(watched: Prometheus, metric: str) -> None:
    assert watched.query(f'{metric}{{twin="{NAME}"}}')
