"""What a store of immutable blobs promises."""

from __future__ import annotations

import hashlib
import re
from typing import Protocol

from twin_common.errors import BlobMisnamed

_DIGEST = re.compile(r"[0-9a-f]{64}")
_FOLDER = re.compile(r"[0-9A-Za-z-]+")


def digest_of(data: bytes) -> str:
    """The name of these bytes: their SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def check_digest(digest: str) -> str:
    """Return a digest that is well formed.

    Raises:
        BlobMisnamed: it isn't 64 lower-case hexadecimal digits.
    """
    if not _DIGEST.fullmatch(digest):
        raise BlobMisnamed(f"{digest[:80]!r} isn't a SHA-256 digest of 64 hexadecimal digits")
    return digest


def check_folder(folder: str) -> str:
    """Return a folder's name that is well formed.

    Raises:
        BlobMisnamed: it has other letters, or none.
    """
    if not _FOLDER.fullmatch(folder):
        raise BlobMisnamed(f"{folder[:80]!r} can't be a folder; use letters, digits and hyphens")
    return folder


class BlobStore(Protocol):
    """Bytes by digest. What is stored never changes, so putting twice is putting once."""

    async def put(self, data: bytes) -> str:
        """Store bytes unless they are there; returns their digest.

        Raises:
            StoreUnreachable: the store doesn't answer; nothing is known to be stored.
            StoreRefused: no right to write there.
        """
        ...

    async def get(self, digest: str) -> bytes:
        """The bytes with that digest, verified.

        Raises:
            BlobMissing: nothing is stored under it.
            BlobCorrupt: what is stored has another digest.
            StoreUnreachable, StoreRefused: as for `put`.
            BlobMisnamed: not a digest.
        """
        ...

    async def exists(self, digest: str) -> bool:
        """Whether something is stored under the digest."""
        ...

    async def delete(self, digest: str) -> None:
        """Remove what is stored under the digest; nothing happens when nothing is. The caller knows that nobody
        names it any more.

        Raises:
            StoreUnreachable, StoreRefused: as for `put`.
            BlobMisnamed: not a digest.
        """
        ...


class BlobFolders(BlobStore, Protocol):
    """A store that keeps apart what belongs to different owners, so that all of one's can be found and removed."""

    def within(self, folder: str) -> BlobFolders:
        """The same store, with what is put there in a folder of its own.

        Args:
            folder: one word of letters, digits and hyphens, such as a twin's id.

        Raises:
            BlobMisnamed: it isn't.
        """
        ...

    async def digests(self) -> list[str]:
        """Every blob here, of no other folder, in the order of the digests.

        Raises:
            StoreUnreachable, StoreRefused: as for `put`.
        """
        ...
