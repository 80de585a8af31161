"""Reading zip archives, usdz packages among them."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO, Final, cast

from twin_common.packages.errors import PackageRefused
from twin_common.packages.guarded import Guarded
from twin_common.packages.spool import Spool

MAGIC: Final = b"PK\x03\x04"
EMPTY: Final = b"PK\x05\x06"
_ENCRYPTED: Final = 0x1 | 0x40
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, NotImplementedError, KeyError,
    OverflowError,
)  # fmt: skip


def spool_zip(archive: Path, spool: Spool, *, stored: bool = False) -> None:
    """Take every file of an archive.

    Args:
        archive: the file.
        spool: takes them in the archive's order.
        stored: refuse compressed files, as USD can't read them in a package.

    Raises:
        PackageRefused: the archive, or something in it, isn't to be trusted.
    """
    with archive.open("rb") as file:
        try:
            with zipfile.ZipFile(cast("IO[bytes]", Guarded(file))) as opened:
                for info in opened.infolist():
                    _take(opened, info, spool, stored)
        except PackageRefused:
            raise
        except _BROKEN as error:
            raise PackageRefused("broken_archive", f"the zip archive can't be read: {error}") from error


def _take(opened: zipfile.ZipFile, info: zipfile.ZipInfo, spool: Spool, stored: bool) -> None:
    name = info.orig_filename  # `filename` ends at a NUL
    if info.flag_bits & _ENCRYPTED:
        raise PackageRefused("encrypted_archive", "encrypted; pack it without a password", name)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if name.endswith("/") or kind == stat.S_IFDIR:
        spool.folder_entry(name)
        return
    if kind not in (0, stat.S_IFREG):
        raise PackageRefused("special_file", "a link or device; pack the file itself", name)
    if info.compress_type not in _METHODS or (stored and info.compress_type != zipfile.ZIP_STORED):
        wanted = "stored" if stored else "stored or deflated"
        raise PackageRefused("unsupported_compression", f"its files have to be {wanted}", name)
    with opened.open(info) as content:
        spool.add(name, content)
