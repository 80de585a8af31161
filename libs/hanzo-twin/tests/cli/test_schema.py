"""Editors can check a twin's YAML."""

from __future__ import annotations

import json
from typing import Any


def test_the_schema_of_a_twin_has_the_sync_configuration(cli: Any) -> None:
    told = json.loads(cli("schema", "twin", "--json").stdout)
    assert {"name", "scene", "engine", "sync"} <= set(told["properties"])
    assert json.loads(cli("schema", "twin").stdout) == told


def test_every_key_says_what_it_is(cli: Any) -> None:
    told = json.loads(cli("schema", "twin", "--json").stdout)
    silent = [
        f"{title}.{key}"
        for title, section in {"Twin": told, **told["$defs"]}.items()
        for key, value in section.get("properties", {}).items()
        if not {"description", "$ref", "const"} & value.keys()
    ]
    assert silent == []
