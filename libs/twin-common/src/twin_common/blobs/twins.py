"""Where the checkpointed states of a twin lie: in a folder of its own."""

from typing import Final

from twin_common.blobs.api import BlobFolders
from twin_common.errors import BlobMissing

KEYFRAMES: Final = "keyframes"
"""The folder in a twin's folder whose states are kept for as long as its journal."""


async def state_of(store: BlobFolders, twin: str, digest: str) -> bytes:
    """A checkpointed state of a twin; one from before twins had folders is found, too.

    Raises:
        BlobMissing: nothing is stored under the digest.
        BlobCorrupt: what is stored has another digest.
        StoreUnreachable, StoreRefused: it can't be asked.
    """
    try:
        return await store.within(twin).get(digest)
    except BlobMissing:
        return await store.get(digest)
