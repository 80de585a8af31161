"""Blobs in this process."""

from __future__ import annotations

from twin_common.blobs.api import check_digest, check_folder, digest_of
from twin_common.errors import BlobCorrupt, BlobMissing


class MemoryBlobs:
    """`BlobFolders` in a dict."""

    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}
        self._folders: dict[str, MemoryBlobs] = {}

    async def put(self, data: bytes) -> str:
        """Store bytes."""
        digest = digest_of(data)
        self._blobs.setdefault(digest, bytes(data))
        return digest

    async def get(self, digest: str) -> bytes:
        """The bytes with that digest, verified."""
        data = self._blobs.get(check_digest(digest))
        if data is None:
            raise BlobMissing(f"no object {digest} in memory")
        if digest_of(data) != digest:
            raise BlobCorrupt(f"the object {digest} in memory has the digest {digest_of(data)}")
        return data

    async def exists(self, digest: str) -> bool:
        """Whether it is stored."""
        return check_digest(digest) in self._blobs

    async def delete(self, digest: str) -> None:
        """Remove what is stored."""
        self._blobs.pop(check_digest(digest), None)

    def within(self, folder: str) -> MemoryBlobs:
        """A folder."""
        return self._folders.setdefault(check_folder(folder), MemoryBlobs())

    async def digests(self) -> list[str]:
        """Every blob here."""
        return sorted(self._blobs)

    def spoil(self, digest: str, data: bytes) -> None:
        """Replace what is stored, as a failing disk would."""
        self._blobs[digest] = data
