"""Scene files in object storage, with the real check."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from scene_manager.adapters.checker import Checker
from scene_manager.adapters.scene_files import StoredFiles
from scene_manager.domain.scene import SceneFile, Use
from scene_manager.domain.scene_check import Checked
from scene_manager.errors import Refused
from twin_common.blobs import MemoryBlobs, MemoryLinks, digest_of
from twin_common.packages import Limits, pack_files
from twin_common.turns import Turns

HEAD = '#usda 1.0\n(\n    defaultPrim = "World"\n    upAxis = "Z"\n    metersPerUnit = 1\n)\n'
USING = (HEAD + 'def Xform "World" (references = @./parts/part.usda@) {}\n').encode()


def part(gravity: float) -> bytes:
    scene = f'    def PhysicsScene "Physics"\n    {{\n        float physics:gravityMagnitude = {gravity}\n    }}\n'
    return (HEAD + f'def Xform "World"\n{{\n{scene}}}\n').encode()


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
def bucket(blobs: MemoryBlobs) -> MemoryLinks:
    return MemoryLinks(blobs)


@pytest.fixture
def files(bucket: MemoryLinks) -> StoredFiles:
    checker = Checker(timeout_s=60, memory_mb=4096, at_once=2)
    return StoredFiles(bucket, checker, Limits(1_000_000), Turns(2))


async def examined(files: StoredFiles, file: SceneFile) -> Checked:
    """A file that is a version already is checked."""
    return await files.examine(file, "acme", owned=True)


async def kept(
    blobs: MemoryBlobs, content: bytes, file: str = "scene.usda", uses: tuple[Use, ...] = ()
) -> SceneFile:
    """A stored file."""
    return SceneFile(await blobs.put(content), file, len(content), uses=uses)


def package(folder: Path, content: bytes) -> bytes:
    """A cell with this part."""
    folder.mkdir()
    inside = {"root.usda": USING, "parts/part.usda": content}
    return pack_files([(n, io.BytesIO(c)) for n, c in inside.items()], folder, title="x").path.read_bytes()


async def test_a_good_file_has_its_model_stored(files: StoredFiles, blobs: MemoryBlobs) -> None:
    checked = await examined(files, await kept(blobs, part(3)))
    assert digest_of(await blobs.get(checked.compiled)) == checked.model_digest


async def test_the_same_scene_in_a_package_has_the_same_model(files, blobs, tmp_path: Path) -> None:
    alone = await examined(files, await kept(blobs, part(3)))
    packed = await examined(files, await kept(blobs, package(tmp_path / "p", part(3)), "scene.usdz"))
    assert packed.model_digest == alone.model_digest


@pytest.mark.parametrize(
    ("content", "file", "code"),
    [
        (b"#usda 1.0\n(", "scene.usda", "invalid_scene"),
        (part(3), "scene.usdc", "invalid_scene"),
        (b"PK\x03\x04", "scene.usdz", "invalid_scene"),
        (USING, "scene.usda", "invalid_scene"),
    ],
)
async def test_what_is_no_scene_is_refused(files, blobs, content: bytes, file: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        await examined(files, await kept(blobs, content, file))
    assert refused.value.code == code


async def test_a_file_that_is_not_what_it_is_said_to_be_is_refused(files, blobs) -> None:
    file = await kept(blobs, part(3))
    cases = {
        "scene_file_missing": SceneFile("ab" * 32, "scene.usda", 10),
        "size_mismatch": SceneFile(file.digest, "scene.usda", file.size + 1),
    }
    for code, wrong in cases.items():
        with pytest.raises(Refused) as refused:
            await examined(files, wrong)
        assert refused.value.code == code
    blobs.spoil(file.digest, part(4))
    with pytest.raises(Refused) as refused:
        await examined(files, file)
    assert refused.value.code == "digest_mismatch"


async def test_a_used_file_has_to_be_the_version_that_it_is_said_to_be(files, blobs, tmp_path: Path) -> None:
    content = package(tmp_path / "p", part(1))
    use = Use("parts/part.usda", "part", 1, digest_of(part(1)))
    await examined(files, await kept(blobs, content, "cell.usdz", (use,)))
    for wrong in (
        Use("parts/part.usda", "part", 2, digest_of(part(2))),
        Use("part.usda", "part", 1, use.digest),
    ):
        with pytest.raises(Refused) as refused:
            await examined(files, await kept(blobs, content, "cell.usdz", (wrong,)))
        assert (refused.value.code, refused.value.field) == ("invalid_uses", "uses")


async def test_a_repacked_scene_is_what_an_upload_of_the_same_files_would_be(
    files, blobs, bucket, tmp_path: Path
) -> None:
    use = Use("parts/part.usda", "part", 1, digest_of(part(1)))
    base = await kept(blobs, package(tmp_path / "old", part(1)), "root.usdz", (use,))
    newer = Use("parts/part.usda", "part", 2, await blobs.put(part(2)))
    made = await files.repack(base, "acme", [newer], "stronger")
    assert made.digest == digest_of(package(tmp_path / "new", part(2)))
    assert (made.uses, made.note) == ((newer,), "stronger")
    assert digest_of(bucket.uploaded["acme", made.digest]) == made.digest
    gone = Use("parts/part.usda", "part", 3, digest_of(part(3)))
    with pytest.raises(Refused, match="isn't stored any more"):
        await files.repack(base, "acme", [gone], "")


async def test_a_check_on_an_engine_tells_what_it_leaves_out(files, blobs) -> None:
    body = 'def Sphere "B" (prepend apiSchemas = ["PhysicsRigidBodyAPI"]) {}\ndef Camera "Eye" {}\n'
    found = await files.validate(await kept(blobs, (HEAD + body).encode()), "acme", "mujoco")
    assert found[0].severity == "error"
    only = await files.validate(await kept(blobs, part(1) + b'def Camera "Eye" {}\n'), "acme", "mujoco")
    assert [(each.severity, each.code, each.path) for each in only] == [("warning", "not_rendered", "/Eye")]


async def test_an_upload_becomes_a_blob_once_it_is_checked(files, blobs, bucket) -> None:
    content = part(3)
    file = SceneFile(digest_of(content), "scene.usda", len(content))
    bucket.uploaded["acme", file.digest] = content
    checked = await files.examine(file, "acme", owned=False)
    assert await blobs.get(file.digest) == content
    assert await blobs.exists(checked.compiled)
    await files.forget("acme", file.digest)
    assert bucket.uploaded == {}


async def test_another_organisations_file_or_upload_is_not_there(files, blobs, bucket) -> None:
    file = await kept(blobs, part(3))
    bucket.uploaded["other", file.digest] = part(3)
    with pytest.raises(Refused) as refused:
        await files.examine(file, "acme", owned=False)
    assert refused.value.code == "scene_file_missing"


async def test_an_upload_that_is_refused_stays_and_becomes_nothing(files, blobs, bucket) -> None:
    file = SceneFile(digest_of(USING), "scene.usda", len(USING))
    bucket.uploaded["acme", file.digest] = USING
    with pytest.raises(Refused):
        await files.examine(file, "acme", owned=False)
    assert not await blobs.exists(file.digest)
    assert list(bucket.uploaded) == [("acme", file.digest)]
