"""How fast a caller may ask."""

import pytest

from api_gateway.domain.rates import Rates
from api_gateway.errors import Problem
from twin_common.clock import ManualClock


@pytest.fixture
def clock():
    return ManualClock()


def taken(rates, caller, times):
    for count in range(times):
        try:
            rates.take(caller)
        except Problem as problem:
            return count, problem
    return times, None


async def test_a_bucket_is_full_at_first_and_fills_again(clock):
    rates = Rates(2.0, 3, clock)
    assert taken(rates, "a", 10)[0] == 3
    await clock.advance(1.0)
    assert taken(rates, "a", 10)[0] == 2
    await clock.advance(1000.0)
    assert taken(rates, "a", 10)[0] == 3


def test_callers_do_not_share(clock):
    rates = Rates(1.0, 1, clock)
    assert taken(rates, "a", 2)[0] == taken(rates, "b", 2)[0] == 1


def test_a_refusal_says_when_to_come_back(clock):
    _, problem = taken(Rates(0.1, 1, clock), "a", 2)
    assert (problem.code, problem.status, problem.headers["Retry-After"]) == ("too_many_requests", 429, "10")


async def test_a_bucket_is_spent_until_it_holds_a_token_again(clock):
    rates = Rates(1.0, 1, clock)
    assert not rates.spent("a")
    rates.take("a")
    assert rates.spent("a")
    assert not rates.spent("b")
    await clock.advance(1.0)
    assert not rates.spent("a")


def test_who_asks_often_is_remembered_when_many_others_come(clock):
    rates = Rates(0.001, 2, clock)
    rates.take("a")
    for number in range(9_999):
        rates.take(str(number))
    rates.take("a")
    rates.take("one more")
    assert rates.spent("a")
