"""Blobs by digest: one suite over memory and a real S3 server."""

import pytest

from twin_common.blobs import MemoryBlobs, S3Blobs, digest_of, state_of
from twin_common.errors import BlobCorrupt, BlobMissing, StoreRefused, StoreUnreachable
from twin_common.settings.standard import Storage


class BlobSuite:
    async def test_what_is_put_is_got(self, blobs):
        for data in (b"", b"scene", bytes(range(256)) * 5000):
            digest = await blobs.put(data)
            assert digest == digest_of(data)
            assert await blobs.get(digest) == data
            assert await blobs.exists(digest)

    async def test_putting_twice_is_putting_once(self, blobs):
        assert await blobs.put(b"again") == await blobs.put(b"again")
        assert await blobs.get(digest_of(b"again")) == b"again"

    async def test_what_was_never_put_is_missing(self, blobs):
        await blobs.put(b"something else")
        digest = digest_of(b"never put")
        with pytest.raises(BlobMissing, match=digest):
            await blobs.get(digest)
        assert not await blobs.exists(digest)

    async def test_spoilt_bytes_are_not_handed_out(self, blobs, spoil):
        digest = await blobs.put(b"good")
        await spoil(digest, b"bad!")
        with pytest.raises(BlobCorrupt, match=digest):
            await blobs.get(digest)

    async def test_what_is_deleted_is_gone_and_may_be_deleted_again(self, blobs):
        digest = await blobs.put(b"no longer wanted")
        await blobs.delete(digest)
        await blobs.delete(digest)
        assert not await blobs.exists(digest)

    async def test_what_lies_in_a_folder_is_found_there_and_nowhere_else(self, blobs):
        one, other = blobs.within("one"), blobs.within("other")
        digests = [await one.put(data) for data in (b"a", b"b")]
        await other.put(b"a")
        assert await one.digests() == sorted(digests)
        assert await blobs.digests() == []
        assert not await blobs.exists(digests[0])
        await blobs.within("one").delete(digests[0])
        assert await one.digests() == [digests[1]]
        assert await other.get(digests[0]) == b"a"

    async def test_what_is_no_folder_is_refused(self, blobs):
        for bad in ("", "..", "a/b"):
            with pytest.raises(ValueError, match="folder"):
                blobs.within(bad)

    async def test_a_state_from_before_twins_had_folders_is_found(self, blobs):
        old, new = await blobs.put(b"old"), await blobs.within("twin").put(b"new")
        assert [await state_of(blobs, "twin", digest) for digest in (old, new)] == [b"old", b"new"]
        with pytest.raises(BlobMissing):
            await state_of(blobs, "another", new)

    async def test_what_is_no_digest_is_refused(self, blobs):
        for bad in ("", "../../etc/passwd", "A" * 64):
            with pytest.raises(ValueError, match="SHA-256"):
                await blobs.get(bad)

    async def test_what_cannot_be_a_name_is_missing_to_who_finds_it_in_a_record(self, blobs):
        old = await blobs.put(b"old")
        for twin, digest in (("twin", "null"), ("a/b", "null"), ("", "0" * 64)):
            with pytest.raises(BlobMissing):
                await state_of(blobs, twin, digest)
        assert await state_of(blobs, "a/b", old) == b"old"


class TestMemoryBlobs(BlobSuite):
    @pytest.fixture
    def blobs(self):
        return MemoryBlobs()

    @pytest.fixture
    def spoil(self, blobs):
        async def spoil(digest, data):
            blobs.spoil(digest, data)

        return spoil


class TestS3Blobs(BlobSuite):
    @pytest.fixture
    def blobs(self, storage, bucket):
        return S3Blobs(storage, bucket)

    @pytest.fixture
    def spoil(self, blobs, bucket):
        async def spoil(digest, data):
            blobs._s3.put_object(Bucket=bucket, Key=f"sha256/{digest[:2]}/{digest}", Body=data)

        return spoil

    async def test_wrong_keys_are_refused_by_name(self, storage, bucket):
        from pydantic import SecretStr

        wrong = storage.model_copy(update={"secret_key": SecretStr("wrong")})
        with pytest.raises(StoreRefused, match=r"storage\.access_key"):
            await S3Blobs(wrong, bucket).put(b"x")


async def test_a_store_that_is_not_there_is_named(unused_tcp_port):
    blobs = S3Blobs(Storage(endpoint=f"http://127.0.0.1:{unused_tcp_port}"), "scenes")
    with pytest.raises(StoreUnreachable, match="start it with `hanzo-twin dev up`"):
        await blobs.put(b"x")
