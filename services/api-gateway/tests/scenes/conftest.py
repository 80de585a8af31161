"""The gateway before the real control plane."""

import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from scenes_support.studio import opened


@pytest.fixture
async def studio(memory_bus, issuer, storage, bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # so that nobody else's uploads are seen
    async with opened(memory_bus, issuer, storage, bucket) as running:
        yield running
