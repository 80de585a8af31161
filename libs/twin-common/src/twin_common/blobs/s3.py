"""Blobs on an S3-compatible store, through boto3 in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from twin_common.blobs.api import check_digest, check_folder, digest_of
from twin_common.errors import BlobCorrupt, BlobMissing, StoreRefused, StoreUnreachable, TwinError
from twin_common.settings.standard import Storage

T = TypeVar("T")

_MISSING = {"NoSuchKey", "NoSuchBucket", "404", "NotFound"}
_REFUSED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "403", "Forbidden"}
_PRESENT = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
_OWNED = {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}


class S3Blobs:
    """`BlobFolders` in one bucket. Objects are called `sha256/<first two digits>/<digest>`, in a folder
    `<folder>/sha256/…`.

    Args:
        storage: endpoint and keys.
        bucket: made on the first `put` when it doesn't exist.

    Attributes:
        folder: begins the name of every object.
    """

    def __init__(self, storage: Storage, bucket: str) -> None:
        self._endpoint = storage.endpoint
        self._bucket = bucket
        self._s3: Any = s3_client(storage)
        self._bucket_known = False
        self.folder = ""

    def within(self, folder: str) -> S3Blobs:
        """A folder."""
        inner = copy(self)
        inner.folder = f"{self.folder}{check_folder(folder)}/"
        return inner

    async def digests(self) -> list[str]:
        """Every blob here."""
        with suppress(BlobMissing):
            return await self._call("", self._list)
        return []

    def _list(self) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=f"{self.folder}sha256/"
        )
        return [entry["Key"].rpartition("/")[2] for page in pages for entry in page.get("Contents", ())]

    def _key(self, digest: str) -> str:
        return self.folder + blob_key(digest)

    async def put(self, data: bytes) -> str:
        """Store bytes unless they are there."""
        digest = digest_of(data)
        await self._call(digest, lambda: self._put(digest, data))
        return digest

    def _put(self, digest: str, data: bytes) -> None:
        if not self._bucket_known:
            self._make_bucket()
        try:
            self._s3.put_object(Bucket=self._bucket, Key=self._key(digest), Body=data, IfNoneMatch="*")
        except ClientError as error:
            if _code(error) not in _PRESENT:
                raise

    def _make_bucket(self) -> None:
        try:
            self._s3.create_bucket(Bucket=self._bucket)
        except ClientError as error:
            if _code(error) not in _OWNED:
                raise
        self._bucket_known = True

    async def get(self, digest: str) -> bytes:
        """The bytes with that digest, verified."""
        check_digest(digest)
        data: bytes = await self._call(
            digest, lambda: self._s3.get_object(Bucket=self._bucket, Key=self._key(digest))["Body"].read()
        )
        if (found := digest_of(data)) != digest:
            raise BlobCorrupt(
                f"the object {digest} in {self._endpoint}/{self._bucket} has the digest {found}"
            )
        return data

    async def exists(self, digest: str) -> bool:
        """Whether something is stored under the digest."""
        check_digest(digest)
        try:
            await self._call(digest, lambda: self._s3.head_object(Bucket=self._bucket, Key=self._key(digest)))
        except BlobMissing:
            return False
        return True

    async def delete(self, digest: str) -> None:
        """Remove what is stored under the digest."""
        check_digest(digest)
        with suppress(BlobMissing):
            await self._call(
                digest, lambda: self._s3.delete_object(Bucket=self._bucket, Key=self._key(digest))
            )

    async def _call(self, digest: str, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except (ClientError, BotoCoreError, OSError) as error:
            raise self._translate(error, digest) from error

    def _translate(self, error: Exception, digest: str) -> TwinError:
        where = f"{self._endpoint}/{self._bucket}"
        if isinstance(error, ClientError):
            code = _code(error)
            if code in _MISSING:
                return BlobMissing(f"no object {digest} in {where}")
            if code in _REFUSED:
                return StoreRefused(
                    f"the object store {where} refused access ({code}); check storage.access_key"
                )
            return StoreUnreachable(f"the object store {where} failed: {code}")
        return StoreUnreachable(
            f"no object store at {self._endpoint}; start it with `hanzo-twin dev up` ({error})"
        )


def s3_client(storage: Storage) -> Any:
    """A client for an S3 server, with its keys; safe to use in threads."""
    return boto3.client(
        "s3",
        endpoint_url=storage.endpoint,
        region_name=storage.region,
        aws_access_key_id=storage.access_key.get_secret_value(),
        aws_secret_access_key=storage.secret_key.get_secret_value(),
        config=Config(
            signature_version="s3v4",
            connect_timeout=3,
            read_timeout=10,  # without a byte; a silent store must not hold a thread for long
            retries={"max_attempts": 2, "mode": "standard"},
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def blob_key(digest: str) -> str:
    """Where the object of a digest lies in its bucket."""
    return f"sha256/{digest[:2]}/{digest}"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
