"""Whose twins a process serves is known from what is reported."""

from types import SimpleNamespace

import pytest
from faulting.stage import Stage


@pytest.fixture
def stage():
    load = SimpleNamespace(twins={"A": "a", "B": "b"})
    statuses = SimpleNamespace(
        workers=lambda: {"a": "sim-worker-0", "b": "sim-worker-1", "somebody's": "sim-worker-0"},
        engines=lambda: {"a": "sync-engine-1", "b": "sync-engine"},
    )
    return Stage(None, load, statuses, None, None)


@pytest.mark.parametrize(
    ("process", "twins"), [("sim-worker-0", "a"), ("sync-engine", "b"), ("api-gateway-1", "")]
)
def test_a_process_serves_the_twins_that_are_reported_under_its_name(stage, process, twins):
    assert stage.held_by(process) == set(twins)
