"""What the API shows of a twin: the control plane's word first, and of a worker's only what is about this life."""

import orjson

from api_gateway.domain.entries import Definition, TwinEntry
from twin_schemas.records import Condition, ControlStatus, Desired, Phase, SimPhase, SimStatus, TwinSpec

TWIN = "0197a3d2-5c1e-7000-8a4b-3f2d1c0b9a88"


def spec(revision, desired=Desired.RUNNING):
    return TwinSpec(
        TWIN, "acme", "arm", revision, desired, "default", 3, "arm", 1, "9f" * 32, "arm.usda", "{}", 1, 1
    )


def control(revision, phase, *conditions, code=None):
    held = [Condition(kind, 5, "by the control plane") for kind in conditions]
    return ControlStatus(
        TWIN, "acme", "arm", revision, phase, code=code, message=code, conditions=held, at_ns=1
    )


def sim(revision, phase, *conditions, code=None):
    held = [Condition(kind, 5, "by the worker") for kind in conditions]
    return SimStatus(
        twin=TWIN, org="acme", name="arm", revision=revision, worker="w1", incarnation=1, phase=phase,
        conditions=held, code=code, message=code, offset=7, tick=5, lag_ms=1.0, checkpoint_offset=3, counts={},
        warnings=[], at_ns=1,
    )  # fmt: skip


def shown(*, of, control=None, sim=None):
    body = orjson.loads(TwinEntry(of, Definition("{}"), control, sim).body)
    return body["phase"], [each["type"] for each in body["conditions"]], (body["error"] or {}).get("code")


def test_a_twin_that_is_started_anew_isnt_parked_any_more():
    parked = sim(2, SimPhase.PARKED, "parked", code="diverged")
    failed = control(2, Phase.FAILED, "parked", code="diverged")
    assert shown(of=spec(2), control=failed, sim=parked) == ("failed", ["parked"], "diverged")
    assert shown(of=spec(3), control=control(3, Phase.STARTING), sim=parked) == ("starting", [], None)


def test_nor_is_one_that_was_stopped_in_between():
    parked = sim(3, SimPhase.STOPPED, "parked", code="diverged")
    assert shown(of=spec(3, Desired.STOPPED), control=control(3, Phase.STOPPED), sim=parked) == (
        "stopped",
        [],
        None,
    )
    assert shown(of=spec(4), control=control(4, Phase.STARTING), sim=parked) == ("starting", [], None)


def test_what_a_worker_says_of_this_life_shows_before_the_control_plane_has_heard_it():
    degraded = sim(2, SimPhase.RUNNING, "degraded")
    assert shown(of=spec(2), control=control(2, Phase.RUNNING), sim=degraded) == (
        "running",
        ["degraded"],
        None,
    )
    assert shown(of=spec(2), sim=degraded) == ("running", ["degraded"], None)


def test_before_the_control_plane_has_said_anything_a_former_report_counts_for_nothing():
    assert shown(of=spec(3), sim=sim(2, SimPhase.PARKED, "parked", code="diverged"))[1:] == ([], None)


def test_a_condition_holds_since_it_was_first_known_and_in_the_workers_latest_words():
    known = control(2, Phase.RUNNING, "degraded")
    behind = sim(2, SimPhase.RUNNING, "degraded")
    behind.conditions[0].since_ns = 9_000_000_000
    body = orjson.loads(TwinEntry(spec(2), Definition("{}"), known, behind).body)
    (condition,) = body["conditions"]
    assert condition["message"] == "by the worker"
    assert condition["since"].startswith("1970-01-01T00:00:00")
