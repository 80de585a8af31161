"""The door to blobs in memory promises what the real one does."""

from __future__ import annotations

import pytest

from twin_common.blobs import MemoryBlobs, MemoryLinks, digest_of
from twin_common.errors import BlobCorrupt, BlobMissing

DATA = b"a scene"
DIGEST = digest_of(DATA)


async def test_a_file_is_a_blob(tmp_path):
    (tmp_path / "scene").write_bytes(DATA)
    blobs = MemoryBlobs()
    door = MemoryLinks(blobs)
    await door.put_file(DIGEST, tmp_path / "scene")
    assert (await blobs.get(DIGEST), await door.size(DIGEST)) == (DATA, len(DATA))
    with pytest.raises(BlobMissing):
        await door.size("ab" * 32)


async def test_an_upload_is_its_owners_and_what_it_was_announced_to_be(tmp_path):
    door = MemoryLinks(MemoryBlobs())
    door.uploaded["acme", DIGEST] = DATA
    await door.fetch("acme", DIGEST, tmp_path / "scene")
    assert (tmp_path / "scene").read_bytes() == DATA
    with pytest.raises(BlobMissing):
        await door.fetch("other", DIGEST, tmp_path / "none")
    door.uploaded["acme", DIGEST] = b"something else"
    with pytest.raises(BlobCorrupt):
        await door.fetch("acme", DIGEST, tmp_path / "none")
    with pytest.raises(BlobMissing):
        await door.fetch("acme", DIGEST, tmp_path / "none")


async def test_a_file_is_left_and_forgotten_and_a_blob_copied_and_deleted(tmp_path):
    (tmp_path / "scene").write_bytes(DATA)
    door = MemoryLinks(MemoryBlobs())
    await door.leave("acme", DIGEST, tmp_path / "scene")
    assert door.uploaded == {("acme", DIGEST): DATA}
    await door.forget("acme", DIGEST)
    await door.forget("acme", DIGEST)
    assert door.uploaded == {}
    await door.put_file(DIGEST, tmp_path / "scene")
    await door.get_file(DIGEST, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == DATA
    await door.delete(DIGEST)
    with pytest.raises(BlobMissing):
        await door.get_file(DIGEST, tmp_path / "none")
