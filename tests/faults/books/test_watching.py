"""What sync engines have counted is credited once."""

from dataclasses import replace

from faulting.watching import READINGS_A_MESSAGE, Statuses

from twin_schemas import examples

EXAMPLE = examples.load("SyncStatus")["full"]
TWIN = EXAMPLE.twin


def counted(*reports):
    statuses = Statuses()
    for engine, epoch, dropped, early in reports:
        counts = {"dropped": dropped * READINGS_A_MESSAGE, "before_genesis": early}
        statuses.take(replace(EXAMPLE, engine=engine, epoch=epoch, counts=counts))
    return statuses.counted(TWIN)


def test_a_counter_that_grows_counts_what_it_has_grown_by():
    assert counted(("a", 1, 2, 0), ("a", 1, 5, 1)) == 6


def test_one_that_goes_on_over_epochs_is_not_credited_again():
    assert counted(("a", 1, 5, 0), ("a", 3, 5, 0), ("a", 3, 6, 0)) == 6


def test_one_that_begins_anew_is():
    assert counted(("a", 1, 5, 0), ("a", 3, 1, 0)) == 6


def test_what_was_refused_excuses_no_reading():
    statuses = Statuses()
    statuses.take(replace(EXAMPLE, counts={"refused": 40, "refused.publish_bus_refused": 40}))
    assert statuses.counted(TWIN) == 0


def test_a_link_that_was_lost_is_told_once():
    statuses = Statuses()
    for at_ns, lost in enumerate((0, 1, 1, 2)):
        statuses.take(replace(EXAMPLE, engine="a", at_ns=at_ns, counts={"link_lost": lost}))
    assert [statuses.lost_a_link(TWIN, at_ns, at_ns + 1) for at_ns in range(4)] == [False, True, False, True]


def test_a_link_that_an_engine_lost_before_another_one_had_the_twin_is_no_news():
    statuses = Statuses()
    for at_ns, (engine, lost) in enumerate((("a", 1), ("b", 0), ("a", 1))):
        statuses.take(replace(EXAMPLE, engine=engine, at_ns=at_ns, counts={"link_lost": lost}))
    assert not statuses.lost_a_link(TWIN, 1, 3)


def test_each_engine_counts_for_itself():
    assert counted(("a", 1, 5, 0), ("b", 2, 1, 0), ("a", 3, 5, 0)) == 6
