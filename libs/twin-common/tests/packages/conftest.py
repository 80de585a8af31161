"""Lets the tests of packages import their archives."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from archives import saved

from twin_common.packages import Limits, Packed, pack_upload

Pack = Callable[..., Packed]


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """Packs an upload of these bytes."""
    count = 0

    def packing(
        content: bytes, filename: str, *, root: str | None = None, limits: Limits | None = None
    ) -> Packed:
        nonlocal count
        count += 1
        folder = tmp_path / str(count)
        folder.mkdir()
        return pack_upload(saved(tmp_path, content), filename, folder, root=root, limits=limits)

    return packing
