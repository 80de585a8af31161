"""A journal in memory that is to be sealed."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from archive_support import SMALL, world_on

from twin_common.blobs import MemoryBlobs


@pytest.fixture
async def world(memory_bus, topic_prefix):
    return await world_on(memory_bus, MemoryBlobs(), topic_prefix, SMALL)
