"""Links to a real object store."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest

from twin_common.blobs import S3Blobs, S3Links, digest_of, links
from twin_common.errors import BlobCorrupt, BlobMissing, StoreUnreachable, TooManyUploads

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


async def test_a_blob_is_copied_to_a_file_and_deleted(door, storage, bucket, tmp_path):
    blobs = S3Blobs(storage, bucket)
    await blobs.put(DATA)
    await door.get_file(DIGEST, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == DATA
    put = {"Bucket": bucket, "Key": f"sha256/{DIGEST[:2]}/{DIGEST}", "Body": b"something else"}
    await asyncio.to_thread(lambda: links.s3_client(storage).put_object(**put))
    with pytest.raises(BlobCorrupt):
        await door.get_file(DIGEST, tmp_path / "b")
    for _ in range(2):
        await door.delete(DIGEST)
    with pytest.raises(BlobMissing):
        await door.get_file(DIGEST, tmp_path / "c")


async def test_an_upload_is_its_owners_until_it_is_forgotten(door, storage, bucket, tmp_path):
    (tmp_path / "scene").write_bytes(DATA)
    await door.leave("acme", DIGEST, tmp_path / "scene")
    assert await door.offer("acme", b"small") == digest_of(b"small")
    await door.fetch("acme", digest_of(b"small"), tmp_path / "small")
    assert not await S3Blobs(storage, bucket).exists(DIGEST)
    with pytest.raises(BlobMissing):
        await door.fetch("other", DIGEST, tmp_path / "none")
    for _ in range(2):
        await door.forget("acme", DIGEST)
    with pytest.raises(BlobMissing):
        await door.fetch("acme", DIGEST, tmp_path / "gone")


async def test_an_owner_has_so_many_uploads_however_the_store_lists_them(door, tmp_path, monkeypatch):
    monkeypatch.setattr(links, "MAX_UPLOADS", 5)
    monkeypatch.setattr(links, "PAGE", 2)
    for number in range(5):
        await door.offer("acme", b"x" * (number + 1))
    with pytest.raises(TooManyUploads):
        await door.offer("acme", DATA)
    with pytest.raises(TooManyUploads):
        await door.upload("acme", DIGEST, len(DATA))
    await door.offer("other", DATA)
    monkeypatch.setattr(links, "STALE", timedelta(days=-1))
    await door.upload("acme", DIGEST, len(DATA))
    for number in range(5):
        with pytest.raises(BlobMissing):
            await door.fetch("acme", digest_of(b"x" * (number + 1)), tmp_path / f"gone{number}")


async def test_uploads_of_those_who_never_come_back_are_swept_by_others(door, tmp_path, monkeypatch):
    await door.offer("acme", DATA)
    monkeypatch.setattr(links, "STALE", timedelta(days=-1))
    monkeypatch.setattr(links, "SWEPT", timedelta(days=-1))
    await door.upload("other", DIGEST, len(DATA))
    with pytest.raises(BlobMissing):
        await door.fetch("acme", DIGEST, tmp_path / "gone")
