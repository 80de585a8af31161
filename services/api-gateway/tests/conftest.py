"""The gateway on a bus, with an owner that answers, and callers of it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from gateway_support.bed import opened


@pytest.fixture
async def bed(memory_bus, issuer):
    async with opened(memory_bus, issuer) as running:
        yield running


@pytest.fixture
async def kafka_bed(kafka_bus, topic_prefix, issuer):
    async with opened(kafka_bus, issuer, prefix=topic_prefix) as running:
        yield running
