import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from sim_worker_support.world import world as make_world

from twin_common.bus.memory import MemoryBus


@pytest.fixture
async def world():
    async with make_world(MemoryBus()) as made:
        yield made
