"""Files of blobs in memory: what `S3Links` promises, without anybody outside who could follow a link."""

from __future__ import annotations

import asyncio
from pathlib import Path

from twin_common.blobs.api import BlobStore, check_digest, digest_of
from twin_common.blobs.links import UploadLink
from twin_common.errors import BlobCorrupt, BlobMissing


class MemoryLinks:
    """See `S3Links`.

    Args:
        blobs: what its files become.

    Attributes:
        uploaded: by owner and digest.
    """

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self.uploaded: dict[tuple[str, str], bytes] = {}

    async def put_file(self, digest: str, path: Path) -> None:
        """Store a file that has this digest."""
        await self._blobs.put(await asyncio.to_thread(path.read_bytes))

    async def get_file(self, digest: str, target: Path) -> None:
        """Copy a blob to a file. Raises BlobMissing, BlobCorrupt."""
        await asyncio.to_thread(target.write_bytes, await self._blobs.get(digest))

    async def delete(self, digest: str) -> None:
        """Remove a blob."""
        await self._blobs.delete(digest)

    async def size(self, digest: str) -> int:
        """Bytes of a blob. Raises BlobMissing."""
        return len(await self._blobs.get(digest))

    def download(self, digest: str, file: str) -> str:
        """A link that gives nothing."""
        return f"memory:///sha256/{check_digest(digest)}"

    async def upload(self, owner: str, digest: str, size: int) -> UploadLink:
        """A link that takes nothing."""
        return UploadLink(f"memory:///uploads/{check_digest(digest)}", {"Content-Length": str(size)})

    async def leave(self, owner: str, digest: str, path: Path) -> None:
        """Keep a file that has this digest as an upload."""
        self.uploaded[owner, check_digest(digest)] = await asyncio.to_thread(path.read_bytes)

    async def fetch(self, owner: str, digest: str, target: Path) -> None:
        """Copy an upload to a file. Raises BlobMissing, BlobCorrupt."""
        content = self.uploaded.get((owner, check_digest(digest)))
        if content is None:
            raise BlobMissing(f"nothing was uploaded under {digest}")
        if (found := digest_of(content)) != digest:
            del self.uploaded[owner, digest]
            raise BlobCorrupt(f"what was uploaded has the digest {found}, not {digest}")
        await asyncio.to_thread(target.write_bytes, content)

    async def forget(self, owner: str, digest: str) -> None:
        """Delete an upload."""
        self.uploaded.pop((owner, check_digest(digest)), None)
