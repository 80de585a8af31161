"""What is refused, with its code and the entry at fault; nothing lands outside the folder."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile

import pytest
from archives import ROOT, special, tarred, zip_link, zipped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin_common.packages import PackageRefused, pack_files

BAD_NAMES = [
    "../evil.usda", "a/../../evil.usda", "/etc/evil.usda", "C:evil.usda", "c:/evil.usda", "a\\..\\evil.usda",
    "\\\\host\\evil.usda", "..", "a\nb.usda", "a\u202eb.usda", "x" * 300, "/".join(["abcdef"] * 200),
]  # fmt: skip


def refusal(pack, content: bytes, filename: str, **how) -> PackageRefused:
    with pytest.raises(PackageRefused) as refused:
        pack(content, filename, **how)
    return refused.value


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_lead_elsewhere_are_refused_in_archives_and_directories(pack, tmp_path, name):
    files = {"root.usda": ROOT, name: b"x"}
    for content, filename in ((zipped(files), "a.zip"), (tarred(files), "a.tar.gz")):
        found = refusal(pack, content, filename)
        assert (found.code, found.entry is not None) == ("unsafe_name", True)
    folder = tmp_path / "files"
    folder.mkdir()
    with pytest.raises(PackageRefused, match="plain relative paths"):
        pack_files([(n, io.BytesIO(c)) for n, c in files.items()], folder, title="x")


def test_a_nul_in_a_zips_name_is_refused_and_not_cut_off(pack):
    content = zipped({"root.usda": ROOT, "aXb.usda": b"x"}).replace(b"aXb.usda", b"a\0b.usda")
    assert refusal(pack, content, "a.zip").code == "unsafe_name"


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
        tarfile.GNUTYPE_SPARSE,
    ],
)
def test_links_and_devices_in_a_tar_are_refused(pack, kind):
    found = refusal(pack, special("odd", kind, "/etc/passwd"), "a.tar.gz")
    assert found.code in {"special_file", "broken_archive"}
    if kind != tarfile.GNUTYPE_SPARSE:
        assert (found.code, found.entry) == ("special_file", "odd")


def test_a_symbolic_link_in_a_zip_is_refused(pack):
    found = refusal(pack, zip_link("odd", "/etc/passwd"), "a.zip")
    assert (found.code, found.entry) == ("special_file", "odd")


@pytest.mark.parametrize(
    "names", [("a.txt", "A.txt"), ("é.txt", "e\u0301.txt"), ("straße", "STRASSE"), ("a", "a/b"), ("d/x", "D")]
)
def test_names_that_mean_one_file_are_refused(pack, names):
    found = refusal(pack, zipped({"root.usda": ROOT} | dict.fromkeys(names, b"x")), "a.zip")
    assert found.code == "duplicate_name"


def test_the_same_name_twice_is_refused(pack):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for _ in range(2):
            archive.addfile(tarfile.TarInfo("root.usda"))
    assert refusal(pack, out.getvalue(), "a.tar").code == "duplicate_name"


def test_an_encrypted_zip_is_refused(pack):
    content = bytearray(zipped({"root.usda": ROOT}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert refusal(pack, bytes(content), "a.zip").code == "encrypted_archive"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressions_that_may_need_much_memory_are_refused(pack, method):
    assert refusal(pack, zipped({"root.usda": ROOT}, method), "a.zip").code == "unsupported_compression"


def test_a_compressed_package_is_refused_as_usd_would(pack):
    assert refusal(pack, zipped({"root.usda": ROOT}), "a.usdz").code == "unsupported_compression"


@pytest.mark.parametrize("name", ["more.zip", "more.tar.gz", "more.bin"])
def test_an_archive_inside_an_archive_is_refused_by_name_or_content(pack, name):
    found = refusal(pack, zipped({"root.usda": ROOT, name: zipped({"a": b"b"})}), "a.zip")
    assert (found.code, found.entry) == ("nested_archive", name)


def test_a_package_inside_an_archive_is_taken(pack):
    inner = pack(zipped({"root.usda": ROOT, "b": b"c"}), "inner.zip").path.read_bytes()
    packed = pack(zipped({"root.usda": ROOT, "part.usdz": inner}), "a.zip")
    assert [member.name for member in packed.members] == ["root.usda", "part.usdz"]


@pytest.mark.parametrize(
    ("content", "filename", "code"),
    [
        (b"", "a.usda", "empty_upload"),
        (b"", "a.zip", "empty_upload"),
        (zipped({}), "a.zip", "empty_upload"),
        (tarred({}), "a.tar.gz", "empty_upload"),
        (b"hello", "a.usda", "wrong_content"),
        (ROOT, "a.usdc", "wrong_content"),
        (ROOT, "a.usdz", "wrong_content"),
        (b"hello", "a.txt", "unsupported_file"),
        (b"7z\xbc\xaf\x27\x1c", "a.7z", "unsupported_file"),
        (ROOT, "../..", "unsafe_name"),
        (b"PK\x03\x04 and nothing", "a.zip", "broken_archive"),
        (b"\x1f\x8b and nothing", "a.tar.gz", "broken_archive"),
    ],
    ids=lambda value: (
        value if isinstance(value, str) else f"{len(value)} bytes"
    ),  # an archive's hold its time
)
def test_what_is_no_scene_is_refused(pack, content, filename, code):
    assert refusal(pack, content, filename).code == code


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_that_is_cut_off_anywhere_is_refused(pack, mode):
    content = tarred({"root.usda": ROOT, "b.txt": b"x" * 3000}, mode)
    end = content.rstrip(b"\0")
    for at in range(600, len(end) if mode == "w" else len(content) - 1, 97 if mode == "w" else 11):
        assert refusal(pack, content[:at], "a.tar.gz" if mode == "w:gz" else "a.tar").code in {
            "broken_archive", "unsupported_file", "no_root", "wrong_content",
        }  # fmt: skip


def test_a_tar_with_a_broken_header_in_the_middle_is_refused_and_not_shortened(pack):
    content = bytearray(tarred({"root.usda": ROOT, "b.txt": b"x", "c.txt": b"y"}, "w"))
    content[1024 + 150] ^= 0xFF  # in the checksum of the second header
    assert refusal(pack, bytes(content), "a.tar").code == "broken_archive"


def test_a_tar_whose_sizes_lead_backwards_ends(pack):
    content = bytearray(tarred({"root.usda": ROOT, "b.txt": b"x"}, "w"))
    header = content[1024:1536]
    header[124:136] = b"\xff" * 4 + struct.pack(">q", -1536)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    content[1024:1536] = header
    assert refusal(pack, bytes(content), "a.tar").code == "broken_archive"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_archive_is_packed_or_refused_but_never_breaks_the_reader(pack, data):
    filename = data.draw(st.sampled_from(["a.zip", "a.tar", "a.tar.gz", "a.usdz"]))
    files = {"root.usda": ROOT, "b/c.txt": b"hello", "long" * 40: b"x"}
    content = bytearray(
        zipped(files, zipfile.ZIP_STORED)
        if filename in ("a.zip", "a.usdz")
        else tarred(files, "w" if filename == "a.tar" else "w:gz")
    )
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=6)):
        content[at] = data.draw(st.integers(0, 255))
    try:
        pack(bytes(content), filename)
    except PackageRefused as refused:
        assert refused.code
