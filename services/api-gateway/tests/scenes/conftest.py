"""The gateway before the real control plane."""

import json
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from scenes_support.studio import USING, opened, part, until, zipped


@pytest.fixture
async def studio(memory_bus, issuer, storage, bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # so that nobody else's uploads are seen
    async with opened(memory_bus, issuer, storage, bucket) as running:
        yield running


@pytest.fixture
async def using(studio):
    """A cell that uses version 1 of a part, of which there is a version 2."""
    await studio.upload("part", part(1), "part.usda")
    package = zipped({"root.usda": USING, "parts/part.usda": part(1)})
    made = await studio.upload("cell", package, "cell.zip", uses=json.dumps({"parts/part.usda": "part@1"}))
    assert made.status_code == 201, made.text
    await studio.upload("part", part(2), "part.usda")

    async def suggested():
        return (await studio.call("GET", "/v1/scenes/cell")).json()["proposals"]

    await until(suggested)
    return (await studio.call("GET", "/v1/scenes/cell")).json()
