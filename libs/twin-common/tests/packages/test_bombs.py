"""Small uploads that want to become large: stopped at the limit, in little memory."""

from __future__ import annotations

import gzip
import io
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from archives import ROOT, zipped

from twin_common.packages import Limits, PackageRefused

LIMITS = Limits(size=8_000_000, entries=100)
MUCH = 12_000_000
"""Bytes of memory that reading may take; each bomb inflates to more than twice as much."""


def deflated_zeros() -> bytes:
    return zipped({"root.usda": ROOT, "zeros": bytes(30_000_000)})


def lying_sizes() -> bytes:
    """The directory says that the file has ten bytes."""
    content = bytearray(deflated_zeros())
    for at in (content.rindex(b"PK\x03\x04") + 22, content.rindex(b"PK\x01\x02") + 24):
        content[at : at + 4] = (10).to_bytes(4, "little")
    return bytes(content)


def overlapping() -> bytes:
    """Many entries that share one compressed body."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("root.usda", ROOT)
        archive.writestr("a", bytes(1_000_000))
        for number in range(60):
            info = zipfile.ZipInfo.__new__(zipfile.ZipInfo)
            for slot in zipfile.ZipInfo.__slots__:
                if hasattr(archive.filelist[1], slot):
                    setattr(info, slot, getattr(archive.filelist[1], slot))
            info.filename = info.orig_filename = f"a{number}"
            archive.filelist.append(info)
    return out.getvalue()


def many_entries() -> bytes:
    return zipped({"root.usda": ROOT} | {f"{number}.txt": b"" for number in range(3000)})


def huge_directory() -> bytes:
    return zipped({"x" * 900 + str(number): b"" for number in range(3000)})


def tar_of_zeros() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo("root.usda")
        info.size = 30_000_000
        archive.addfile(info, io.BytesIO(bytes(30_000_000)))
    return out.getvalue()


def gzip_of_zeros() -> bytes:
    return gzip.compress(bytes(40_000_000))


def long_extended_header() -> bytes:
    """A tar whose extended header claims three megabytes, all there."""
    header = tarfile.TarInfo("pax")
    header.type, header.size = tarfile.XHDTYPE, 3_000_064
    return gzip.compress(
        header.tobuf() + b"3000064 comment=" + b"x" * 3_000_048 + tarfile.TarInfo("a").tobuf()
    )


@pytest.mark.parametrize(
    ("make", "filename", "codes"),
    [
        (deflated_zeros, "a.zip", {"upload_too_large"}),
        (lying_sizes, "a.zip", {"broken_archive"}),
        (overlapping, "a.zip", {"upload_too_large", "broken_archive"}),
        (many_entries, "a.zip", {"too_many_files"}),
        (huge_directory, "a.zip", {"broken_archive"}),
        (tar_of_zeros, "a.tar.gz", {"upload_too_large"}),
        (gzip_of_zeros, "a.tar.gz", {"upload_too_large"}),
        (long_extended_header, "a.tar.gz", {"broken_archive"}),
    ],
)
def test_a_bomb_is_stopped_early_in_little_memory(pack, tmp_path: Path, make, filename, codes):
    content = make()
    tracemalloc.start()
    try:
        with pytest.raises(PackageRefused) as refused:
            pack(content, filename, limits=LIMITS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.value.code in codes
    assert peak < MUCH
    kept = sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file())
    assert kept - len(content) < 2 * LIMITS.size
