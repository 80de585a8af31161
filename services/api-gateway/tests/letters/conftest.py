"""The gateway on a bus in memory."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from letters_support.gate import opened


@pytest.fixture
async def gate(issuer):
    async with opened(issuer) as running:
        yield running
