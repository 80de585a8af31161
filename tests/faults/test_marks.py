"""A broker is set back only when marks tell of what it loses."""

import pytest
from faulting import marks
from faulting.marks import KeptMarks

from twin_common.archive.marks import Mark, Marks
from twin_common.blobs import MemoryBlobs


@pytest.fixture
def noted():
    return Marks(MemoryBlobs())


@pytest.fixture
def kept(noted, monkeypatch):
    async def ends():
        return {1: 10, 2: 20}

    monkeypatch.setattr(marks, "_PATIENCE_S", 0.15)
    made = KeptMarks("", "journal", noted)
    monkeypatch.setattr(made, "ends", ends)
    return made


async def test_a_mark_within_what_is_kept_does_not_do(kept, noted):
    await noted.put(1, Mark(1, 4, ""))
    with pytest.raises(TimeoutError):
        await kept.behind({1: 5, 2: 20})


async def test_one_behind_it_does_and_a_partition_that_loses_nothing_needs_none(kept, noted):
    await noted.put(1, Mark(1, 5, ""))
    await kept.behind({1: 5, 2: 20})
