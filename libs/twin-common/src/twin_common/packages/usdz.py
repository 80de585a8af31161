"""Writing usdz packages: the same files give the same bytes."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

from twin_common.packages.errors import PackageRefused
from twin_common.packages.limits import CHUNK, MIB
from twin_common.packages.member import Member

ALIGNMENT: Final = 64
"""USD maps files of a package into memory, so each begins at a multiple of this."""

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_VERSION: Final = 20
_UNICODE: Final = 0x800
_TIME: Final = (0, 0x21)  # 1980-01-01 00:00, the first moment that zip knows
_PADDING: Final = 0x1986  # the id of USD's own padding field


def write_usdz(members: Sequence[Member], target: Path) -> None:
    """Write a package: stored, aligned, in the given order, with fixed times.

    Args:
        members: the first is the layer that is opened.
        target: a file that doesn't exist yet.

    Raises:
        PackageRefused: `upload_too_large`: it wouldn't fit into a package.
    """
    central = []
    with target.open("xb") as out:
        for member in members:
            central.append(_record(member, out.tell()))
            _write(member, out)
            if out.tell() >= 4000 * MIB:
                raise PackageRefused("upload_too_large", "the package would be larger than 4000 MiB")
        begin = out.tell()
        out.writelines(central)
        size = out.tell() - begin
        count = len(members)
        out.write(_END.pack(b"PK\x05\x06", 0, 0, count, count, size, begin, 0))


def _write(member: Member, out: BinaryIO) -> None:
    name, flags = _named(member)
    before = out.tell() + _LOCAL.size + len(name)
    padding = -before % ALIGNMENT
    if 0 < padding < 4:
        padding += ALIGNMENT  # a field begins with four bytes of its own
    extra = struct.pack("<HH", _PADDING, padding - 4) + bytes(padding - 4) if padding else b""
    sizes = (member.crc, member.size, member.size)
    out.write(_LOCAL.pack(b"PK\x03\x04", _VERSION, flags, 0, *_TIME, *sizes, len(name), len(extra)))
    out.write(name)
    out.write(extra)
    with member.path.open("rb") as content:
        while chunk := content.read(CHUNK):
            out.write(chunk)


def _record(member: Member, offset: int) -> bytes:
    name, flags = _named(member)
    sizes = (member.crc, member.size, member.size)
    head = _CENTRAL.pack(
        b"PK\x01\x02", _VERSION, _VERSION, flags, 0, *_TIME, *sizes, len(name), 0, 0, 0, 0, 0, offset
    )
    return head + name


def _named(member: Member) -> tuple[bytes, int]:
    return member.name.encode(), 0 if member.name.isascii() else _UNICODE
