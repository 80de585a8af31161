"""What a file is, by its name and its first bytes."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Final

from twin_common.packages import tars, zips
from twin_common.packages.errors import PackageRefused
from twin_common.packages.names import SUFFIXES


class Kind(StrEnum):
    """What can be uploaded."""

    USD = "usd"
    USDZ = "usdz"
    ZIP = "zip"
    TAR = "tar"
    TAR_GZ = "tar.gz"


_TEXT: Final = b"#usda"
_CRATE: Final = b"PXR-USDC"
_CONTENT: Final = {
    ".usda": (_TEXT,),
    ".usdc": (_CRATE,),
    ".usd": (_TEXT, _CRATE),
    ".usdz": (zips.MAGIC,),
}
_HEAD: Final = 512


def kind_of(path: Path, filename: str) -> Kind:
    """What a file is.

    Raises:
        PackageRefused: `unsupported_file`, `wrong_content` or `empty_upload`.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise PackageRefused("empty_upload", "it is empty", filename)
    suffix = PurePosixPath(filename).suffix
    if suffix in SUFFIXES:
        if not head.startswith(_CONTENT[suffix]):
            begin = " or ".join(repr(magic.decode()) for magic in _CONTENT[suffix])
            raise PackageRefused(
                "wrong_content", f"a {suffix} file begins with {begin}, this with {head[:8]!r}", filename
            )
        return Kind.USDZ if suffix == ".usdz" else Kind.USD
    if head.startswith((zips.MAGIC, zips.EMPTY)):
        return Kind.ZIP
    if head.startswith(tars.GZIP):
        return Kind.TAR_GZ
    offset, magic = tars.USTAR
    if head[offset:].startswith(magic):
        return Kind.TAR
    raise PackageRefused(
        "unsupported_file",
        f"neither USD ({', '.join(SUFFIXES)}) nor an archive (.zip, .tar, .tar.gz)",
        filename,
    )
