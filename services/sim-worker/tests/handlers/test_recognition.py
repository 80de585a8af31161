import pytest

from sim_worker.handlers.lost import TailLost
from sim_worker.handlers.recognition import Recognition
from twin_common.archive.marks import digest_of_value


def test_a_checkpoint_that_was_not_compared_yet_is_compared_when_the_partition_comes_back():
    recognition = Recognition()
    recognition.expect(7, digest_of_value(b"folded"))
    recognition.expect_again()
    with pytest.raises(TailLost):
        recognition.compare("twin", 7, b"another", first=7)


def test_what_was_folded_last_is_compared_when_the_partition_comes_back():
    recognition = Recognition()
    recognition.folded(9, b"folded")
    recognition.expect_again()
    with pytest.raises(TailLost):
        recognition.compare("twin", 9, b"another", first=9)
