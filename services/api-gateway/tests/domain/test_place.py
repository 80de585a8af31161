"""What the processes of one instance have to themselves, and what they share."""

from hypothesis import given
from hypothesis import strategies as st

from api_gateway.domain.place import Place
from api_gateway.domain.rates import Rates
from twin_common.clock import SystemClock


@given(st.text(), st.integers(1, 24))
def test_no_two_processes_of_an_instance_read_the_same_partition(gateway, count):
    places = [Place(number, count, gateway) for number in range(count)]
    assert len({place.partition(24) for place in places}) == count
    assert len({place.name for place in places}) == count


def test_instances_without_a_name_are_told_apart():
    assert Place().gateway != Place().gateway


@given(st.integers(1, 8))
def test_all_processes_together_let_through_what_is_allowed(count):
    let_through = 0
    for number in range(count):
        place = Place(number, count)
        rates = Rates(place.share(0.001), place.share(24), SystemClock())
        while not rates.spent("ann"):
            rates.take("ann")
            let_through += 1
    assert let_through <= 24
    assert let_through > 24 - count


def test_a_share_of_little_is_still_a_request():
    Rates(1.0, 0.25, SystemClock()).take("ann")
