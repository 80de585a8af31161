"""The longest wait of each partition counts, also of one that nobody seals."""

from faulting.books.sealing import SealingBook


def book(written, announced):
    made = SealingBook()
    for partition, offset, at_ms in written:
        made.written(partition, offset, at_ms)
    for partition, last, at_ms in announced:
        made.announced(partition, last, at_ms)
    return made


def waits(made, from_ms=0, to_ms=10_000):
    return {partition: seconds for seconds, partition in made.waits_s(from_ms, to_ms)}


def test_a_record_waits_until_a_range_with_it_is_announced():
    assert waits(book([(3, 0, 1000), (3, 1, 2000)], [(3, 0, 1500), (3, 1, 4000)])) == {3: 2.0}


def test_a_partition_that_nobody_seals_waits_to_the_end():
    assert waits(book([(3, 0, 1000), (4, 0, 1000)], [(3, 0, 1500)])) == {3: 0.5, 4: 9.0}


def test_a_partition_to_which_nobody_writes_waits_for_nothing():
    assert waits(book([(3, 0, 1000)], [(3, 0, 1500)]), 5000) == {3: 0.0}


def test_only_what_is_waited_within_the_span_counts():
    assert waits(book([(3, 0, 1000)], [(3, 0, 8000)]), 2000, 5000) == {3: 3.0}


def test_a_range_that_is_announced_again_is_no_news():
    assert waits(book([(3, 0, 1000), (3, 5, 2000)], [(3, 5, 3000), (3, 0, 7000), (3, 5, 8000)])) == {3: 2.0}


def test_what_is_long_past_is_forgotten_and_the_rest_is_not():
    made = book([(3, 0, 1000), (3, 1, 200_000)], [(3, 0, 1500), (3, 1, 201_000)])
    made.forget(202_000)
    assert waits(made, 0, 300_000) == {3: 1.0}
