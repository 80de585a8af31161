"""Links to a real object store."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest

from twin_common.blobs import S3Blobs, S3Links, digest_of, links
from twin_common.errors import BlobCorrupt, BlobMissing, StoreUnreachable

DATA = b"a scene" * 100
DIGEST = digest_of(DATA)


@pytest.fixture
def door(storage, bucket) -> S3Links:
    return S3Links(storage, bucket, 60)


async def test_a_file_is_a_blob_and_a_link_gives_it_under_its_name(door, storage, bucket, tmp_path):
    path = tmp_path / "scene"
    path.write_bytes(DATA)
    for _ in range(2):
        await door.put_file(DIGEST, path)
    assert await S3Blobs(storage, bucket).get(DIGEST) == DATA
    assert await door.size(DIGEST) == len(DATA)
    async with httpx.AsyncClient() as outside:
        given = await outside.get(door.download(DIGEST, 'my "arm".usda'))
    assert given.content == DATA
    assert given.headers["content-disposition"] == 'attachment; filename="my arm.usda"'


async def test_a_link_takes_the_announced_file_and_no_other(door, tmp_path):
    link = await door.upload("acme", DIGEST, len(DATA))
    async with httpx.AsyncClient() as outside:
        wrong = {"same size": b"x" * len(DATA), "longer": DATA + b"x"}
        for content in wrong.values():
            headers = {**link.headers, "Content-Length": str(len(content))}
            assert (await outside.put(link.url, content=content, headers=headers)).status_code >= 400
        with pytest.raises(BlobMissing):
            await door.fetch("acme", DIGEST, tmp_path / "none")
        assert (await outside.put(link.url, content=DATA, headers=link.headers)).status_code == 200
    for other in ("other", "acme/../acme"):
        with pytest.raises(BlobMissing):
            await door.fetch(other, DIGEST, tmp_path / f"none-{len(other)}")
    await door.fetch("acme", DIGEST, tmp_path / "scene")
    assert (tmp_path / "scene").read_bytes() == DATA


async def test_an_upload_that_is_something_else_is_deleted(door, storage, bucket, tmp_path):
    await door.upload("acme", DIGEST, len(DATA))  # makes the bucket
    put = {"Bucket": bucket, "Key": f"uploads/acme/{DIGEST}", "Body": b"something else"}
    await asyncio.to_thread(lambda: links.s3_client(storage).put_object(**put))
    with pytest.raises(BlobCorrupt):
        await door.fetch("acme", DIGEST, tmp_path / "a")
    with pytest.raises(BlobMissing):
        await door.fetch("acme", DIGEST, tmp_path / "b")


async def test_uploads_that_nobody_completes_are_deleted_in_time(door, tmp_path, monkeypatch):
    link = await door.upload("acme", DIGEST, len(DATA))
    async with httpx.AsyncClient() as outside:
        await outside.put(link.url, content=DATA, headers=link.headers)
    await door.upload("acme", digest_of(b"other"), 5)
    await door.fetch("acme", DIGEST, tmp_path / "still")
    monkeypatch.setattr(links, "STALE", timedelta(days=-1))
    await door.upload("acme", digest_of(b"other"), 5)
    with pytest.raises(BlobMissing):
        await door.fetch("acme", DIGEST, tmp_path / "gone")


async def test_an_absent_store_is_said_to_be_absent(storage, bucket, tmp_path):
    away = S3Links(storage.model_copy(update={"endpoint": "http://127.0.0.1:9"}), bucket, 60)
    with pytest.raises(StoreUnreachable):
        await away.upload("acme", DIGEST, 1)
    with pytest.raises(StoreUnreachable):
        await away.size(DIGEST)
