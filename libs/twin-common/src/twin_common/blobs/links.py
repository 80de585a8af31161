"""What a door to a bucket needs beside blobs: files put as they lie on disk, and links for those outside."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from twin_common.blobs.api import check_digest
from twin_common.blobs.s3 import blob_key, s3_client
from twin_common.errors import BlobCorrupt, BlobMissing, StoreUnreachable
from twin_common.settings.standard import Storage

T = TypeVar("T")
CHUNK: Final = 256 * 1024
UPLOADS: Final = "uploads"
STALE: Final = timedelta(days=1)
"""Uploads that nobody has completed are deleted after this."""

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
    """A bucket of blobs as its door uses it.

    Args:
        storage: endpoint and keys.
        bucket: its name.
        expires_s: links work so long.
    """

    def __init__(self, storage: Storage, bucket: str, expires_s: int) -> None:
        self._s3, self._bucket, self._expires_s = s3_client(storage), bucket, expires_s
        self._where = f"{storage.endpoint}/{bucket}"
        self._made = False

    async def put_file(self, digest: str, path: Path) -> None:
        """Store a file that has this digest, unless it is stored.

        Raises:
            StoreUnreachable: nothing is known to be stored.
        """
        await self._call(lambda: self._put_file(blob_key(check_digest(digest)), path))

    async def size(self, digest: str) -> int:
        """Bytes of a blob.

        Raises:
            BlobMissing: it isn't stored.
            StoreUnreachable: the store doesn't answer.
        """
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
        """A link that takes the one file that has this digest and size, for an owner to complete.

        Raises:
            StoreUnreachable: the store doesn't answer.
        """
        checksum = base64.b64encode(bytes.fromhex(check_digest(digest))).decode()
        how = {
            "Bucket": self._bucket,
            "Key": _upload_key(owner, digest),
            "ContentLength": size,
            "ChecksumSHA256": checksum,
        }
        await self._call(lambda: self._sweep(owner))
        url = self._s3.generate_presigned_url("put_object", Params=how, ExpiresIn=self._expires_s)
        return UploadLink(url, {"x-amz-checksum-sha256": checksum, "Content-Length": str(size)})

    async def fetch(self, owner: str, digest: str, target: Path) -> None:
        """Copy what an owner has uploaded to a file that doesn't exist yet.

        Raises:
            BlobMissing: nothing was uploaded.
            BlobCorrupt: something else was uploaded; it is deleted.
            StoreUnreachable: the store doesn't answer.
        """
        key = _upload_key(owner, check_digest(digest))
        found = await self._call(lambda: self._fetch(key, target))
        if found != digest:
            await self._call(lambda: self._s3.delete_object(Bucket=self._bucket, Key=key))
            raise BlobCorrupt(f"what was uploaded has the digest {found}, not {digest}")

    def _put_file(self, key: str, path: Path) -> None:
        self._make_bucket()
        with path.open("rb") as content:
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

    def _sweep(self, owner: str) -> None:
        self._make_bucket()
        listed = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=_folder(owner))
        before = datetime.now(UTC) - STALE
        for entry in listed.get("Contents", ()):
            if entry["LastModified"] < before:
                self._s3.delete_object(Bucket=self._bucket, Key=entry["Key"])

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


def _upload_key(owner: str, digest: str) -> str:
    return f"{_folder(owner)}{digest}"


def _folder(owner: str) -> str:
    return f"{UPLOADS}/{quote(owner, safe='')}/"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
