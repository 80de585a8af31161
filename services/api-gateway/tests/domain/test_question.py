"""Whose answer it is."""

from dataclasses import replace

import pytest

from api_gateway.domain.question import Question, Said
from twin_schemas.records import (
    CommandApplied,
    CommandRefused,
    ControlAccepted,
    ControlRefused,
    RequestRefused,
)

MINE = Question("c", "request-1", "acme", "ann", "d", None)
YES = ControlAccepted("StartTwin", "id", "arm", 2)
APPLIED = CommandApplied("arm", 1, 200, "c", 7, 0, 1, 0)


def no(code):
    return ControlRefused("StartTwin", code, "no")


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        (Said("acme", "ann", "request-1", YES), True),
        (Said("acme", "ann", "request-0", YES), True),  # the request was made before
        (Said("rival", "ann", "request-1", YES), False),
        (Said("acme", "bob", "request-1", YES), False),
        (Said("acme", "", "request-2", no("unauthenticated")), False),
        (Said("acme", "", "request-1", no("unauthenticated")), True),
        (Said("acme", "ann", "request-2", no("forbidden")), False),
        (Said("acme", "ann", "request-2", no("idempotency_conflict")), False),
        (Said("acme", "ann", "request-2", no("quota_exceeded")), True),
        (Said("acme", "ann", "request-2", RequestRefused("GetState", "not_found", "no")), False),
        (Said("acme", "ann", "request-1", RequestRefused("GetState", "not_found", "no")), True),
    ],
)
def test_an_answer_is_ones_own_or_nothing(said, taken):
    assert MINE.takes(said) == taken


@pytest.mark.parametrize("code", ["unauthenticated", "forbidden", "unknown_twin", "idempotency_conflict"])
def test_a_refusal_that_anybody_can_cause_counts_for_its_own_request_only(code):
    mine = replace(MINE, twin="arm")
    refused = CommandRefused("arm", 0, -1, "c", code, "no")
    assert not mine.takes(Said("acme", "", "c", refused))
    assert mine.takes(Said("acme", "", "request-1", refused))


def test_what_happened_to_another_twin_is_no_outcome():
    assert replace(MINE, twin="arm").takes(Said("acme", "", "c", APPLIED))
    assert not replace(MINE, twin="leg").takes(Said("acme", "", "c", APPLIED))
