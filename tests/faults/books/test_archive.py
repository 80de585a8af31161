"""The book of the archive finds what isn't kept, and what is kept as something else."""

from faulting.books.archive import ArchiveBook

from twin_common.bus.types import Record


def sealed(*offsets, value=b"v"):
    return [Record("journal", 3, offset, b"twin", value, (), 0) for offset in offsets]


def written(*offsets):
    book = ArchiveBook()
    for offset in offsets:
        book.written(3, offset, b"twin", b"v")
    return book


def test_everything_that_was_written_and_sealed_is_in_order():
    book = written(0, 1, 4)
    book.sealed(sealed(0, 1))
    book.sealed(sealed(4))
    assert book.settle() == []


def test_a_range_that_was_sealed_twice_is_in_order():
    book = written(0, 1, 2)
    book.sealed(sealed(0, 1))
    book.sealed(sealed(0, 1, 2))
    assert book.settle() == []


def test_a_range_that_is_read_before_its_records_counts():
    book = written(0)
    book.sealed(sealed(0, 1))
    assert book.settle() == []
    book.written(3, 1, b"twin", b"v")
    assert book.settle() == []


def test_a_hole_is_found_and_told_once():
    book = written(0, 1, 2)
    book.sealed(sealed(0))
    book.sealed(sealed(2))
    assert book.settle() == ["partition 3: 1 of offsets 1 to 1 aren't sealed"]
    assert book.settle() == []


def test_a_record_that_is_kept_as_another_is_found():
    book = written(0)
    book.sealed(sealed(0, value=b"w"))
    book.written(3, 1, b"twin", b"v")
    book.sealed(sealed(1))
    assert book.settle() == ["partition 3 offset 0 is sealed as something else"]


def test_so_is_one_that_was_read_before_its_record():
    book = written(0)
    book.sealed(sealed(0))
    book.sealed(sealed(1, value=b"w"))
    book.written(3, 1, b"twin", b"v")
    assert book.settle() == ["partition 3 offset 1 is sealed as something else"]
