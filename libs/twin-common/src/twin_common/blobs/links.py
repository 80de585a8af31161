"""Files in a bucket of blobs, streamed from and to disk: blobs themselves, and uploads that aren't blobs yet.

An upload lies under its owner's name until it is examined and becomes a blob; one that doesn't is swept.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, TypeVar
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from twin_common.blobs.api import check_digest, digest_of
from twin_common.blobs.s3 import blob_key, s3_client
from twin_common.errors import BlobCorrupt, BlobMissing, StoreUnreachable, TooManyUploads
from twin_common.settings.standard import Storage

T = TypeVar("T")
CHUNK: Final = 256 * 1024
UPLOADS: Final = "uploads"
STALE: Final = timedelta(hours=1)
"""Uploads that became nothing are deleted after this."""

SWEPT: Final = timedelta(minutes=10)
"""Everybody's are looked through at most this often."""

MAX_UPLOADS: Final = 100
"""Of one owner at a time."""

PAGE: Final = 1000
"""Objects that a store lists at once."""

_PRESENT: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_MISSING: Final = frozenset({"NoSuchKey", "NoSuchBucket", "404", "NotFound"})


@dataclass(frozen=True, slots=True)
class UploadLink:
    """Where one file may be put, by whoever has the link.

    Attributes:
        headers: that have to be sent; the store compares the content with them.
    """

    url: str
    headers: Mapping[str, str]


class S3Links:
    """A bucket of blobs as files, with links for those outside.

    Args:
        storage: endpoint and keys.
        bucket: its name.
        expires_s: links work so long.

    Raises (every method that waits):
        StoreUnreachable: the store doesn't answer; nothing is known to be done.
    """

    def __init__(self, storage: Storage, bucket: str, expires_s: int = 900) -> None:
        self._s3, self._bucket, self._expires_s = s3_client(storage), bucket, expires_s
        self._where = f"{storage.endpoint}/{bucket}"
        self._made = False
        self._swept = datetime.min.replace(tzinfo=UTC)

    async def put_file(self, digest: str, path: Path) -> None:
        """Store a file that has this digest, unless it is stored."""
        await self._call(lambda: self._put(blob_key(check_digest(digest)), path.open("rb")))

    async def get_file(self, digest: str, target: Path) -> None:
        """Copy a blob to a file that doesn't exist yet. Raises BlobMissing, BlobCorrupt."""
        key = blob_key(check_digest(digest))
        if (found := await self._call(lambda: self._fetch(key, target))) != digest:
            raise BlobCorrupt(f"the object {digest} in {self._where} has the digest {found}")

    async def delete(self, digest: str) -> None:
        """Remove a blob, if it is there."""
        await self._delete(blob_key(check_digest(digest)))

    async def size(self, digest: str) -> int:
        """Bytes of a blob. Raises BlobMissing."""
        key = blob_key(check_digest(digest))
        head = await self._call(lambda: self._s3.head_object(Bucket=self._bucket, Key=key))
        return int(head["ContentLength"])

    def download(self, digest: str, file: str) -> str:
        """A link that gives a blob under a file name."""
        plain = "".join(letter for letter in file if letter.isascii() and letter not in '"\\') or "scene"
        how = {
            "Bucket": self._bucket,
            "Key": blob_key(check_digest(digest)),
            "ResponseContentDisposition": f'attachment; filename="{plain}"',
        }
        return str(self._s3.generate_presigned_url("get_object", Params=how, ExpiresIn=self._expires_s))

    async def upload(self, owner: str, digest: str, size: int) -> UploadLink:
        """A link that takes the one file that has this digest and size. Raises TooManyUploads."""
        checksum = base64.b64encode(bytes.fromhex(check_digest(digest))).decode()
        how = {
            "Bucket": self._bucket,
            "Key": upload_key(owner, digest),
            "ContentLength": size,
            "ChecksumSHA256": checksum,
        }
        await self._call(lambda: self._make_room(owner))
        url = self._s3.generate_presigned_url("put_object", Params=how, ExpiresIn=self._expires_s)
        return UploadLink(url, {"x-amz-checksum-sha256": checksum, "Content-Length": str(size)})

    async def leave(self, owner: str, digest: str, path: Path) -> None:
        """Keep a file that has this digest as an upload. Raises TooManyUploads."""

        def leave() -> None:
            self._make_room(owner)
            self._put(upload_key(owner, check_digest(digest)), path.open("rb"))

        await self._call(leave)

    async def offer(self, owner: str, content: bytes) -> str:
        """Keep what is small enough for memory as an upload; returns its digest. Raises TooManyUploads."""
        digest = digest_of(content)

        def offer() -> None:
            self._make_room(owner)
            self._put(upload_key(owner, digest), BytesIO(content))

        await self._call(offer)
        return digest

    async def fetch(self, owner: str, digest: str, target: Path) -> None:
        """Copy an upload to a file that doesn't exist yet.

        Raises:
            BlobMissing: nothing was uploaded.
            BlobCorrupt: something else was uploaded; it is deleted.
        """
        key = upload_key(owner, check_digest(digest))
        found = await self._call(lambda: self._fetch(key, target))
        if found != digest:
            await self._delete(key)
            raise BlobCorrupt(f"what was uploaded has the digest {found}, not {digest}")

    async def forget(self, owner: str, digest: str) -> None:
        """Delete an upload, if it is there."""
        await self._delete(upload_key(owner, check_digest(digest)))

    def _put(self, key: str, content: BinaryIO) -> None:
        self._make_bucket()
        with content:
            try:
                self._s3.put_object(Bucket=self._bucket, Key=key, Body=content, IfNoneMatch="*")
            except ClientError as error:
                if _code(error) not in _PRESENT:
                    raise

    def _fetch(self, key: str, target: Path) -> str:
        digest = hashlib.sha256()
        body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"]
        with target.open("xb") as out:
            for chunk in body.iter_chunks(CHUNK):
                digest.update(chunk)
                out.write(chunk)
        return digest.hexdigest()

    async def _delete(self, key: str) -> None:
        with suppress(BlobMissing):
            await self._call(lambda: self._s3.delete_object(Bucket=self._bucket, Key=key))

    def _make_room(self, owner: str) -> None:
        self._make_bucket()
        now = datetime.now(UTC)
        if now - self._swept > SWEPT:
            self._swept = now
            self._sweep(f"{UPLOADS}/")
        if self._sweep(_folder(owner)) >= MAX_UPLOADS:
            raise TooManyUploads(f"{MAX_UPLOADS} uploads of {owner!r} have become nothing yet")

    def _sweep(self, prefix: str) -> int:
        """Delete what is stale; returns how many there are left."""
        before, left = datetime.now(UTC) - STALE, 0
        listing = self._s3.get_paginator("list_objects_v2")
        pages = listing.paginate(Bucket=self._bucket, Prefix=prefix, PaginationConfig={"PageSize": PAGE})
        for entry in (entry for page in pages for entry in page.get("Contents", ())):
            if entry["LastModified"] < before:
                self._s3.delete_object(Bucket=self._bucket, Key=entry["Key"])
            else:
                left += 1
        return left

    def _make_bucket(self) -> None:
        if not self._made:
            try:
                self._s3.create_bucket(Bucket=self._bucket)
            except ClientError as error:
                if _code(error) not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                    raise
            self._made = True

    async def _call(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except ClientError as error:
            if _code(error) in _MISSING:
                raise BlobMissing(f"no such object in {self._where}") from error
            raise StoreUnreachable(f"the object store {self._where} failed: {_code(error)}") from error
        except (BotoCoreError, OSError) as error:
            raise StoreUnreachable(f"no object store answers at {self._where}: {error}") from error


def upload_key(owner: str, digest: str) -> str:
    """Where an upload of an owner lies."""
    return f"{_folder(owner)}{digest}"


def _folder(owner: str) -> str:
    return f"{UPLOADS}/{quote(owner, safe='')}/"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
