"""Waiting for a twin ends when it is there, can't come there, or takes too long."""

from __future__ import annotations

from typing import Any

import pytest
from scripted_api import TWIN, Api

from hanzo_twin.client import NotReached, Troubled
from hanzo_twin.client.calls import waiting


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "POLL_S", 0.001)


def test_it_ends_when_the_twin_is_there(api: Api, carry: Any) -> None:
    api.says(200, {**TWIN, "phase": "starting"}).says(200, {**TWIN, "phase": "starting"}).says(200, TWIN)
    assert carry(waiting.wait_for_phase("arm", "running")).phase == "running"
    assert len(api.requests) == 3


def test_a_twin_that_has_failed_says_why(api: Api, carry: Any) -> None:
    error = {"code": "scene_invalid", "message": "joint has no limit."}
    api.says(200, {**TWIN, "phase": "failed", "error": error})
    with pytest.raises(Troubled, match="scene_invalid: joint has no limit") as raised:
        carry(waiting.wait_for_phase("arm", "running"))
    assert raised.value.code == "scene_invalid"


@pytest.mark.parametrize("phase", ["running", "failed"])
def test_a_parked_twin_does_not_come_to_run(api: Api, carry: Any, phase: str) -> None:
    parked = [{"type": "parked", "message": "diverged at offset 17"}]
    api.says(200, {**TWIN, "phase": phase, "conditions": parked})
    with pytest.raises(Troubled, match=r"parked: diverged at offset 17\. .*: `hanzo-twin start arm`$"):
        carry(waiting.wait_for_phase("arm", "running"))


def test_a_parked_twin_can_be_waited_for_to_stop(api: Api, carry: Any) -> None:
    parked = [{"type": "parked", "message": "diverged"}]
    api.says(200, {**TWIN, "phase": "stopping", "conditions": parked}).says(200, {**TWIN, "phase": "stopped"})
    assert carry(waiting.wait_for_phase("arm", "stopped")).phase == "stopped"


def test_a_failed_twin_is_what_one_may_wait_for(api: Api, carry: Any) -> None:
    api.says(200, {**TWIN, "phase": "failed"})
    assert carry(waiting.wait_for_phase("arm", "stopped", "failed")).phase == "failed"


def test_patience_ends(api: Api, carry: Any) -> None:
    api.says(200, {**TWIN, "phase": "starting"})
    with pytest.raises(NotReached, match="is starting, not running"):
        carry(waiting.wait_for_phase("arm", "running", timeout=0.01))
