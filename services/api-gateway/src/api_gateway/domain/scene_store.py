"""Where scene files go and come from, as the scenes' endpoints ask for it.

What is uploaded is its organisation's alone, and swept, until the control plane has registered it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class UploadLink(Protocol):
    """Where one file may be put, by whoever has the link."""

    @property
    def url(self) -> str:
        """The address."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers that have to be sent."""
        ...


class SceneStore(Protocol):
    """The bucket for scenes.

    Raises (every method that waits):
        StoreUnreachable: the store doesn't answer.
    """

    async def size(self, digest: str) -> int:
        """Bytes of a blob. Raises BlobMissing."""
        ...

    def download(self, digest: str, file: str) -> str:
        """A link that gives a blob under a file name."""
        ...

    async def upload(self, owner: str, digest: str, size: int) -> UploadLink:
        """A link that takes the one file that has this digest and size, for an owner to complete.

        Raises TooManyUploads.
        """
        ...

    async def leave(self, owner: str, digest: str, path: Path) -> None:
        """Keep a file that has this digest as an upload, which a registration makes a blob. Raises TooManyUploads."""
        ...

    async def forget(self, owner: str, digest: str) -> None:
        """Delete an upload, if it is there."""
        ...

    async def fetch(self, owner: str, digest: str, target: Path) -> None:
        """Copy what an owner has uploaded to a file. Raises BlobMissing, BlobCorrupt."""
        ...
