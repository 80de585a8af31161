"""What a partition waits for before it is ours."""

import asyncio

import pytest

from sync_engine.errors import Fenced, JournalLost
from sync_engine.handlers.partition import Partition
from sync_engine.handlers.taking_over import all_decided


class Journals:
    """Reads acquisitions back only by another connection, if at all."""

    def __init__(self, decides: asyncio.Future | None = None, *, owned: bool = True) -> None:
        self.renewed, self._decides, self._owned = 0, decides, owned

    def renew(self) -> None:
        self.renewed += 1
        if self._decides is not None:
            self._decides.set_result(self._owned)


def undecided() -> asyncio.Future:
    return asyncio.get_running_loop().create_future()


async def test_an_acquisition_that_does_not_come_back_is_read_by_another_connection():
    one = undecided()
    journals = Journals(one)
    await all_decided(Partition(0), {one}, journals, renew_s=0.01, within_s=30)
    assert journals.renewed == 1


async def test_one_that_comes_back_at_once_leaves_the_connection_alone():
    one, journals = undecided(), Journals()
    one.set_result(True)
    await all_decided(Partition(0), {one}, journals)
    assert journals.renewed == 0


async def test_one_that_never_comes_back_is_given_up():
    journals = Journals()
    with pytest.raises(TimeoutError, match="partition 3 didn't come back"):
        await all_decided(Partition(3), {undecided()}, journals, renew_s=0.01, within_s=0.02)
    assert journals.renewed == 1


async def test_another_writer_that_was_faster_is_told_from_a_loss():
    one = undecided()
    with pytest.raises(Fenced):
        await all_decided(Partition(0), {one}, Journals(one, owned=False), renew_s=0.01, within_s=30)
    lost, one = Partition(0), undecided()
    lost.lose()
    one.set_result(False)
    with pytest.raises(JournalLost):
        await all_decided(lost, {one}, Journals())
