"""Reading tar archives, gzipped ones too."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

from twin_common.packages.errors import PackageRefused
from twin_common.packages.guarded import Guarded
from twin_common.packages.limits import CHUNK
from twin_common.packages.spool import Spool

GZIP: Final = b"\x1f\x8b"
USTAR: Final = (257, b"ustar")
_PER_ENTRY: Final = 4096
"""Bytes of headers and padding that an entry may have beside its content, on average."""
_BROKEN: Final = (tarfile.TarError, ValueError, OSError, EOFError, OverflowError, RecursionError)


class _StrictInfo(tarfile.TarInfo):
    """Headers as Python reads them, but for sizes that would lead backwards, again and again."""

    def _block(self, count: int) -> int:
        if count < 0:
            raise tarfile.ReadError("negative size")
        blocks, rest = divmod(count, tarfile.BLOCKSIZE)
        return (blocks + bool(rest)) * tarfile.BLOCKSIZE


def spool_tar(archive: Path, spool: Spool, *, gzipped: bool) -> None:
    """Take every file of an archive.

    Raises:
        PackageRefused: the archive, or something in it, isn't to be trusted.
    """
    plain = archive
    if gzipped:
        plain = spool.folder / "inflated.tar"
        with archive.open("rb") as packed, plain.open("xb") as out:
            _inflate(packed, out, spool.limits.size + spool.limits.entries * _PER_ENTRY)
    with plain.open("rb") as file:
        try:
            _take_all(file, spool)
        except PackageRefused:
            raise
        except _BROKEN as error:
            raise PackageRefused("broken_archive", f"the tar archive can't be read: {error}") from error
    if gzipped:
        plain.unlink()


def _inflate(packed: BinaryIO, out: BinaryIO, limit: int) -> None:
    size = 0
    try:
        with gzip.GzipFile(fileobj=packed) as inflating:
            while chunk := inflating.read(CHUNK):
                size += len(chunk)
                if size > limit:
                    raise PackageRefused("upload_too_large", f"it inflates to more than {limit} bytes")
                out.write(chunk)
    except (OSError, EOFError, zlib.error) as error:
        raise PackageRefused("broken_archive", f"the gzip stream can't be read: {error}") from error


def _take_all(file: BinaryIO, spool: Spool) -> None:
    guarded = cast("IO[bytes]", Guarded(file))
    with tarfile.open(fileobj=guarded, mode="r:", tarinfo=_StrictInfo) as tar:
        while (info := tar.next()) is not None:
            _take(tar, info, spool)
        # Python ends in silence at a header that it can't read.
        file.seek(tar.offset)
        mark = file.read(tarfile.BLOCKSIZE)
    if len(mark) < tarfile.BLOCKSIZE or any(mark):
        raise PackageRefused("broken_archive", "the tar archive is cut off, or a header in it is broken")


def _take(tar: tarfile.TarFile, info: tarfile.TarInfo, spool: Spool) -> None:
    if info.isdir():
        spool.folder_entry(info.name)
        return
    if not info.isreg() or info.issparse():
        raise PackageRefused("special_file", "a link, device or sparse file; pack the file itself", info.name)
    content = tar.extractfile(info)
    assert content is not None, "a regular file has content"
    with content:
        spool.add(info.name, content)
