"""A file is the same twin when the twin is all that the file says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from hanzo_twin.models import Twin
from hanzo_twin.twinfile import Given, read
from hanzo_twin.twinfile.differences import differences
from twin_common.definition import parse_twin

EXAMPLES = Path(__file__).parents[4] / "examples"


@pytest.fixture(params=["arm", "pendulum"])
def given(request: pytest.FixtureRequest) -> Given:
    return read(EXAMPLES / request.param / "twin.yaml", {})


def twin_of(given: Given, **changes: Any) -> Twin:
    """The twin that the platform makes of a file."""
    kept = json.loads(parse_twin(given.text).canonical_json())
    return Twin(
        id="t",
        name=given.name,
        organization="acme",
        revision=1,
        phase="running",
        definition={**kept, **changes},
    )


def test_what_the_platform_made_of_a_file_is_no_difference(given: Given) -> None:
    assert differences(given, twin_of(given)) == []


def test_what_only_the_platform_knows_is_no_difference(given: Given) -> None:
    assert differences(given, twin_of(given, id="t", organization="acme", created_at="2026-02-20")) == []


def test_every_key_that_differs_is_named(given: Given) -> None:
    assert differences(given, twin_of(given, tags=["other"], engine={"type": "bullet"})) == ["engine", "tags"]


def test_what_waits_for_a_restart_counts(given: Given) -> None:
    twin = twin_of(given, tags=["old"]).model_copy(update={"pending_definition": twin_of(given).definition})
    assert differences(given, twin) == []


def test_without_the_platforms_reader_what_is_written_is_compared(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin, other = twin_of(given), twin_of(given, tags=["other"])
    monkeypatch.setitem(sys.modules, "twin_common.definition", None)
    assert differences(given, twin) == []
    assert differences(given, other) == ["tags"]
