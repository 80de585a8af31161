"""What dashboards and alerts ask, and of which metrics and labels."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from twin_common.metrics_table import TABLE, Kind

ROOT = Path(__file__).parents[3]
DASHBOARDS = ROOT / "deploy/grafana/dashboards"
ALERTS = ROOT / "deploy/prometheus/alerts.yml"

SCRAPED = {"le", "service", "instance", "job"}
"""Labels that every series may have beside its own."""

_NAME = re.compile(r"\b(hanzo_twin_[a-z_]+|process_[a-z_]+|up)\b")
_SELECTOR = re.compile(r"\b(hanzo_twin_[a-z_]+)\{([^}]*)\}")
_LABEL = re.compile(r"([a-z_]+)\s*(?:=|!)")
_GROUPING = re.compile(r"\bby \(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Question:
    """One PromQL expression and where it is asked."""

    where: str
    expression: str

    def __str__(self) -> str:
        return self.where

    def at(self, *, interval: str) -> str:
        """With Grafana's variables filled in."""
        return self.expression.replace("$__rate_interval", interval).replace("$twin", ".*")

    def metrics(self) -> set[str]:
        """The metrics it is about, without what a histogram appends."""
        return {_row(name) for name in _NAME.findall(self.expression)}

    def unknown(self) -> set[str]:
        """Metrics and labels that no service has."""
        known = {metric.name: set(metric.labels) | SCRAPED for metric in TABLE}
        ours = {name for name in self.metrics() if name.startswith("hanzo_twin_")}
        wrong = ours - set(known)
        for name, matchers in _SELECTOR.findall(self.expression):
            labels = set(_LABEL.findall(matchers))
            wrong |= labels - known.get(_row(name), set())
        grouped = {
            label.strip() for labels in _GROUPING.findall(self.expression) for label in labels.split(",")
        }
        available = set().union(*(known.get(name, SCRAPED) for name in self.metrics()))
        return wrong | (grouped - available)


def _row(name: str) -> str:
    histograms = {metric.name for metric in TABLE if metric.kind is Kind.HISTOGRAM}
    for suffix in ("_bucket", "_count", "_sum"):
        if name.endswith(suffix) and name.removesuffix(suffix) in histograms:
            return name.removesuffix(suffix)
    return name


def of_dashboards() -> list[Question]:
    """Every query of every panel."""
    return [
        Question(f"{file.stem}/{panel['title']}/{target['refId']}", target["expr"])
        for file in sorted(DASHBOARDS.glob("*.json"))
        for panel in json.loads(file.read_text())["panels"]
        for target in panel["targets"]
    ]


def of_alerts() -> list[Question]:
    """The expression of every alert."""
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [Question(rule["alert"], rule["expr"]) for group in groups for rule in group["rules"]]
