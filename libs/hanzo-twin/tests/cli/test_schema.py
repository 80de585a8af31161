"""Editors can check a twin's YAML."""

from __future__ import annotations

import json
from typing import Any


def test_the_schema_of_a_twin_has_the_sync_configuration(cli: Any) -> None:
    told = json.loads(cli("schema", "twin", "--json").stdout)
    assert {"name", "scene", "engine", "sync"} <= set(told["properties"])
    assert json.loads(cli("schema", "twin").stdout) == told
