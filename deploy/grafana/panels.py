"""What a dashboard is made of, and how Grafana wants it written: rows of three panels, one query language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 8, 8  # of Grafana's 24 columns; three panels in a row
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True, slots=True)
class Query:
    """One line family of a panel: PromQL, and what names a line."""

    expr: str
    legend: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A graph over time; `unit` is one of Grafana's (s, reqps, percentunit, bytes, ...)."""

    title: str
    unit: str
    queries: tuple[Query, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of panels.

    Attributes:
        uid: its address in Grafana, and the file's name.
        title: what people read.
        variable: the label that can be chosen at the top, with a metric that has it; None: nothing to choose.
        panels: in reading order.
    """

    uid: str
    title: str
    variable: tuple[str, str] | None
    panels: tuple[Panel, ...]


def written(dashboard: Dashboard) -> dict[str, Any]:
    """A dashboard as Grafana's JSON model."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "tags": ["hanzo-twin"],
        "schemaVersion": 38,
        "version": 1,
        "editable": True,
        "refresh": "10s",
        "time": {"from": "now-30m", "to": "now"},
        "templating": {"list": [_datasource(), *_choice(dashboard.variable)]},
        "panels": [_panel(index, panel) for index, panel in enumerate(dashboard.panels)],
    }


def _datasource() -> dict[str, Any]:
    return {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}


def _choice(variable: tuple[str, str] | None) -> list[dict[str, Any]]:
    if variable is None:
        return []
    label, metric = variable
    query = f"label_values({metric}, {label})"
    return [
        {
            "name": label,
            "label": label,
            "type": "query",
            "datasource": DATASOURCE,
            "definition": query,
            "query": {"query": query, "refId": "A"},
            "includeAll": True,
            "allValue": ".*",
            "multi": True,
            "refresh": 2,
            "sort": 1,
            "current": {"text": "All", "value": "$__all"},
        }
    ]


def _panel(index: int, panel: Panel) -> dict[str, Any]:
    row, column = divmod(index, 24 // WIDTH)
    return {
        "id": index + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.text,
        "datasource": DATASOURCE,
        "gridPos": {"h": HEIGHT, "w": WIDTH, "x": column * WIDTH, "y": row * HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [_target(number, query) for number, query in enumerate(panel.queries)],
    }


def _target(number: int, query: Query) -> dict[str, Any]:
    return {
        "refId": chr(ord("A") + number),
        "datasource": DATASOURCE,
        "expr": query.expr,
        "legendFormat": query.legend,
    }
