"""A recovery is measured where the strike is felt, from when it counts, until the next strike."""

from faulting.asking import Asked, Told
from faulting.books.times import Times
from faulting.cell import Measure, Recovery, Struck
from faulting.recoveries import Heard

S = 1_000_000_000
STRIKES = [Struck("one", 10 * S, 16 * S, frozenset({"a"})), Struck("two", 20 * S, 21 * S, frozenset({"b"}))]
REQUEST = Asked("r", "StopTwin", "arm", 19 * S, 27 * S, Told.ACCEPTED)


def heard(a=(), b=(), told=(), announced=None):
    public = {name: Times([second * 1000 for second in seconds]) for name, seconds in (("a", a), ("b", b))}
    return Heard(public, {"a": "A", "b": "B"}, told, announced)


def test_only_the_silence_of_the_twins_that_were_struck_counts():
    (one, two) = heard(a=(11, 18, 19), b=(22, 23)).recoveries(STRIKES, Recovery())
    assert one == (7.0, "strike 1, A")
    assert two[1] == "strike 2, B"


def test_what_can_only_come_back_at_the_end_is_counted_from_there():
    (one, _) = heard(a=(18, 19), b=(22,)).recoveries(STRIKES, Recovery(from_end=True))
    assert one[0] == 2.0


def test_a_request_counts_for_each_strike_as_long_as_it_waited_after_it():
    one, two = heard(told=[REQUEST]).recoveries(STRIKES, Recovery(Measure.COMMANDS))
    assert (one[0], two[0]) == (1.0, 7.0)


def test_where_nobody_asked_nothing_is_told():
    assert heard().recoveries(STRIKES, Recovery(Measure.COMMANDS)) == []


def test_the_archivist_is_measured_by_what_it_announces():
    sealed = Times([12_000, 19_000])
    (one, _) = heard(announced=sealed).recoveries(STRIKES, Recovery(Measure.SEALING))
    assert one == (7.0, "strike 1, the archivist")
