import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from live_support.house import house as opened

from twin_common.testing.issuer import InMemoryIssuer


@pytest.fixture
async def house():
    async with opened(InMemoryIssuer()) as one:
        yield one
