"""Immutable bytes by their digest, on any S3; `MemoryBlobs` keeps the same promises in this process."""

from twin_common.blobs.api import BlobFolders, BlobStore, digest_of
from twin_common.blobs.links import S3Links, UploadLink
from twin_common.blobs.memory import MemoryBlobs
from twin_common.blobs.memory_links import MemoryLinks
from twin_common.blobs.s3 import S3Blobs
from twin_common.blobs.twins import KEYFRAMES, state_of

__all__ = [
    "KEYFRAMES",
    "BlobFolders",
    "BlobStore",
    "MemoryBlobs",
    "MemoryLinks",
    "S3Blobs",
    "S3Links",
    "UploadLink",
    "digest_of",
    "state_of",
]
