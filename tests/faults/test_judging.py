"""Nobody may excuse himself without a reason."""

from faulting.asking import Asked, Told
from faulting.judging import spilled, turned_away
from faulting.verdict import Verdict


def refused(kind, code):
    return Asked("request", kind, "arm", 0, 1, Told.REFUSED, code)


def test_only_a_start_may_come_too_early():
    told = [refused("StartTwin", "phase_conflict"), refused("DeleteTwin", "phase_conflict")]
    assert turned_away(told, ()) == ["DeleteTwin arm: refused phase_conflict"]


def test_a_cell_may_allow_more():
    told = [refused("ResetState", "not_running"), refused("StartTwin", "already_running")]
    assert turned_away(told, ["not_running"]) == ["StartTwin arm: refused already_running"]


def test_what_was_given_up_is_found_whatever_was_said_last():
    given_up = Asked("request", "StartTwin", "arm", 0, 1, Told.UNKNOWN, "phase_conflict")
    assert turned_away([given_up], ["phase_conflict"]) != []


def test_readings_that_were_dropped_and_counted_need_a_reason():
    assert spilled(Verdict(dropped=1)) == ["1 readings were dropped"]
    assert spilled(Verdict()) == []
