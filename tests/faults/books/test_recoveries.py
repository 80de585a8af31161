"""A recovery is measured where the strike is felt, from when it counts, until the next strike."""

from faulting.asking import Asked, Told
from faulting.books.sealing import SealingBook
from faulting.books.times import Times
from faulting.cell import Measure, Recovery, Struck
from faulting.recoveries import Heard

S = 1_000_000_000
STRIKES = [Struck("one", 10 * S, 16 * S, frozenset({"a"})), Struck("two", 20 * S, 21 * S, frozenset({"b"}))]
REQUEST = Asked("r", "StopTwin", "arm", 19 * S, 27 * S, Told.ACCEPTED)


def heard(a=(), b=(), told=(), read=24, sealing=None, sealed=0):
    public = {name: Times([second * 1000 for second in seconds]) for name, seconds in (("a", a), ("b", b))}
    return Heard(public, {"a": "A", "b": "B"}, told, read * S, sealing, sealed * S)


def test_only_the_silence_of_the_twins_that_were_struck_counts():
    (one, two) = heard(a=(11, 18, 19), b=(22, 23)).recoveries(STRIKES, Recovery())
    assert one == (7.0, "strike 1, A")
    assert two[1] == "strike 2, B"


def test_what_can_only_come_back_at_the_end_is_counted_from_there():
    (one, _) = heard(a=(18, 19), b=(22,)).recoveries(STRIKES, Recovery(from_end=True))
    assert one[0] == 2.0


def test_a_request_counts_for_each_strike_as_long_as_it_waited_after_it():
    one, two = heard(told=[REQUEST], read=30).recoveries(STRIKES, Recovery(Measure.COMMANDS))
    assert (one[0], two[0]) == (1.0, 7.0)


def test_where_nobody_asked_nothing_is_told():
    assert heard().recoveries(STRIKES, Recovery(Measure.COMMANDS)) == []


def test_what_was_not_read_is_no_silence():
    (_, two) = heard(a=(11, 19), b=(22, 23)).recoveries(STRIKES, Recovery())
    assert two == (2.0, "strike 2, B")


def test_the_silence_of_those_that_were_spared_counts_for_itself():
    one, two = heard(a=(11, 19, 21), b=(11, 22)).of_others(STRIKES)
    assert (one, two) == ((9.0, "strike 1, B"), (3.0, "strike 2, A"))


def test_where_all_were_struck_there_are_no_others():
    assert heard().of_others([Struck("all", 10 * S, 16 * S)]) == []


def test_the_archivist_is_measured_by_the_partition_that_waits_longest():
    sealing = SealingBook()
    for partition, announced in ((1, (12_000, 19_000)), (2, (13_000, 15_000, 17_000, 19_000))):
        for offset, at_ms in enumerate(range(10_000, 19_000, 100)):
            sealing.written(partition, offset, at_ms)
        for at_ms in announced:
            sealing.announced(partition, (at_ms - 10_000) // 100 - 1, at_ms)
    (one, _) = heard(sealing=sealing, sealed=24).recoveries(STRIKES, Recovery(Measure.SEALING))
    assert one == (7.0, "strike 1, partition 1")
