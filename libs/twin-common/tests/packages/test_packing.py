"""What an upload becomes."""

from __future__ import annotations

import io
import zipfile

import pytest
from archives import PART, ROOT, USES, tarred, zipped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin_common.blobs import digest_of
from twin_common.packages import Limits, PackageRefused, members_of, pack_files, replace_members

FILES = {"root.usda": USES, "parts/part.usda": PART, "readme.txt": b"hello"}


def test_a_single_file_stays_itself(pack):
    packed = pack(ROOT, "scene.usda")
    assert (packed.file, packed.digest, packed.size) == ("scene.usda", digest_of(ROOT), len(ROOT))
    assert packed.path.read_bytes() == ROOT


def test_an_archive_of_one_file_is_that_file(pack):
    packed = pack(zipped({"stuff/scene.usda": ROOT}), "stuff.zip")
    assert (packed.file, packed.digest) == ("scene.usda", digest_of(ROOT))


@pytest.mark.parametrize(
    ("content", "filename"),
    [
        (zipped(FILES), "a.zip"),
        (zipped(FILES, zipfile.ZIP_STORED), "a.zip"),
        (zipped(dict(reversed(FILES.items()))), "b.zip"),
        (zipped({f"folder/{name}": content for name, content in FILES.items()}), "c.zip"),
        (tarred(FILES), "a.tar.gz"),
        (tarred(FILES, "w"), "a.tar"),
        (tarred({f"./x/y/{name}": content for name, content in FILES.items()}), "a.tgz"),
        (zipped(FILES | {"__MACOSX/._root.usda": b"x", ".DS_Store": b"y"}), "a.zip"),
    ],
)
def test_the_same_files_become_the_same_package_however_they_come(pack, content, filename):
    assert pack(content, filename).digest == pack(zipped(FILES), "any.zip").digest


def test_files_that_come_one_by_one_become_the_same_package_as_an_archive(pack, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    packed = pack_files([(n, io.BytesIO(c)) for n, c in FILES.items()], folder, title="arm")
    assert packed.digest == pack(zipped(FILES), "any.zip").digest
    assert packed.file == "root.usdz"


def test_a_package_is_stored_aligned_and_begins_with_its_root(pack):
    packed = pack(zipped({"a.txt": b"1", "z.usda": USES, "parts/part.usda": PART, "ü.png": b"2"}), "a.zip")
    assert [member.name for member in packed.members] == ["z.usda", "a.txt", "parts/part.usda", "ü.png"]
    with zipfile.ZipFile(packed.path) as archive:
        assert archive.testzip() is None
        infos = archive.infolist()
        assert [info.filename for info in infos] == [member.name for member in packed.members]
        assert {info.compress_type for info in infos} == {zipfile.ZIP_STORED}
    data = packed.path.read_bytes()
    for info in infos:
        name, extra = (int.from_bytes(data[info.header_offset + at :][:2], "little") for at in (26, 28))
        assert (info.header_offset + 30 + name + extra) % 64 == 0


def test_a_package_that_is_uploaded_stays_itself_and_tells_what_is_in_it(pack):
    first = pack(zipped(FILES), "a.zip")
    again = pack(first.path.read_bytes(), "root.usdz")
    assert again.digest == first.digest
    assert [m.name for m in again.members] == ["root.usda", "parts/part.usda", "readme.txt"]


def test_a_file_of_a_package_can_be_replaced_and_the_rest_stays(pack, tmp_path):
    first = pack(zipped(FILES), "a.zip")
    other = pack(zipped(FILES | {"parts/part.usda": ROOT}), "a.zip")
    folders = [tmp_path / name for name in ("old", "new")]
    for folder in folders:
        folder.mkdir()
    members = members_of(first.path, first.file, folders[0])
    news = {member.name: member for member in other.members if member.name == "parts/part.usda"}
    assert replace_members(members, news, first.file, folders[1]).digest == other.digest


@pytest.mark.parametrize(
    ("names", "given", "title", "chosen"),
    [
        (["a.usda", "b.usdc", "root.usd"], None, "x", "root.usd"),
        (["a.usda", "b.usda"], None, "b", "b.usda"),
        (["a.usda", "sub/b.usda"], None, "x", "a.usda"),
        (["a.usda", "sub/b.usda"], "sub/b.usda", "x", "sub/b.usda"),
        (["top/a.usda", "top/b.usda"], "top/b.usda", "x", "b.usda"),
        (["top/a.usda", "top/b.usda"], "./b.usda", "x", "b.usda"),
    ],
)
def test_the_root_is_the_given_the_only_or_the_named_one(pack, names, given, title, chosen):
    packed = pack(zipped({name: ROOT + name.encode() for name in names}), f"{title}.zip", root=given)
    assert packed.members[0].name == chosen


@pytest.mark.parametrize(
    ("names", "root"),
    [
        (["a.usda", "b.usda"], None),
        (["root.usda", "root.usdc"], None),
        (["a.txt", "b.png"], None),
        (["a.usda", "b.txt"], "c.usda"),
        (["a.usda", "b.txt"], "b.txt"),
    ],
)
def test_an_upload_whose_root_is_unclear_is_refused(pack, names, root):
    with pytest.raises(PackageRefused) as refused:
        pack(zipped(dict.fromkeys(names, ROOT)), "x.zip", root=root)
    assert refused.value.code == "no_root"


PARTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="\\/:"),
    min_size=1,
    max_size=8,
)
NAMES = (
    st.lists(PARTS, min_size=1, max_size=3)
    .map("/".join)
    .filter(lambda n: not {".", ".."} & set(n.split("/")))
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, st.binary(min_size=1, max_size=200), max_size=6))
def test_any_files_are_packed_the_same_from_zip_and_tar_or_refused_the_same(pack, files):
    def outcome(content, filename):
        try:
            packed = pack(content, filename, root="root.usda", limits=Limits(10_000, 50))
        except PackageRefused as refused:
            return refused.code
        return packed.digest

    files = {f"x/{name}": content for name, content in files.items()} | {"root.usda": ROOT}
    assert outcome(zipped(files), "a.zip") == outcome(tarred(files), "a.tar.gz")
