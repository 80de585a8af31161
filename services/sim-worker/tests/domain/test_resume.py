from hypothesis import given
from hypothesis import strategies as st

from sim_worker.domain.resume import Coverage, from_metadata, restart_point, resume_point, to_metadata


def test_a_twin_that_is_covered_holds_nothing_back():
    coverage = Coverage()
    coverage.read(3)
    coverage.covered(3)
    assert coverage.needed is None and not coverage.dirty


def test_what_was_read_after_the_checkpoint_is_needed():
    coverage = Coverage(10)
    for offset in (12, 15, 20):
        coverage.read(offset)
    assert coverage.needed == 12
    coverage.covered(15)
    assert coverage.needed == 16


def test_records_read_again_after_a_restore_need_nothing():
    coverage = Coverage(10)
    for offset in (4, 8, 10):
        coverage.read(offset)
    assert coverage.needed is None


def test_a_partition_resumes_at_the_smallest_need():
    assert resume_point(100, [None, 40, 70]) == 40
    assert resume_point(100, [None, None]) == 100


def test_a_new_owner_reads_from_the_oldest_checkpoint_of_a_running_twin():
    assert restart_point([50, 30], None, False) == 31


def test_a_resume_point_below_the_checkpoints_wins():
    assert restart_point([50], 20, False) == 20


def test_a_commit_never_hides_what_a_checkpoint_needs():
    assert restart_point([30], 90, False) == 31


def test_a_twin_without_checkpoint_and_commit_is_looked_for_from_the_beginning():
    assert restart_point([50], None, True) == 0
    assert restart_point([], None, False) == 0


@given(st.integers(0, 2**62))
def test_a_resume_point_survives_its_metadata(resume):
    assert from_metadata(to_metadata(resume)) == resume


@given(st.text())
def test_other_peoples_metadata_carry_no_resume_point(text):
    found = from_metadata(text)
    assert found is None or to_metadata(found).isascii()


@given(st.lists(st.tuples(st.sampled_from(["read", "cover"]), st.integers(0, 3)), max_size=60))
def test_nothing_that_was_read_and_is_not_covered_is_ever_skipped(steps):
    coverage, read, covered, offset = Coverage(), [], -1, 0
    for what, by in steps:
        if what == "read":
            offset += 1 + by
            coverage.read(offset)
            read.append(offset)
        elif read:
            covered = max(covered, read[-1 - min(by, len(read) - 1)])
            coverage.covered(covered)
        open_ones = [r for r in read if r > covered]
        if open_ones:
            assert coverage.needed is not None and covered < coverage.needed <= open_ones[0]
        else:
            assert coverage.needed is None
