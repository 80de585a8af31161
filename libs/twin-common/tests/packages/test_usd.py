"""USD itself opens what is packed."""

from __future__ import annotations

from archives import PART, USES, zipped
from pxr import Sdf, Usd, UsdUtils


def test_usd_opens_a_package_and_follows_its_references(pack, tmp_path):
    files = {
        "scenes/root.usda": USES.replace(b"./parts", b"../parts"),
        "parts/part.usda": PART,
        "a.txt": b"1",
    }
    packed = pack(zipped(files), "a.zip", root="scenes/root.usda")
    target = packed.path.rename(tmp_path / packed.file)
    stage = Usd.Stage.Open(str(target))
    assert not stage.GetCompositionErrors()
    assert stage.GetPrimAtPath("/World").GetAttribute("reach").Get() == 2.5
    assert all(
        layer.identifier.startswith(str(target)) for layer in stage.GetUsedLayers() if not layer.anonymous
    )


def test_usds_own_package_is_taken_as_it_is(pack, tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "part.usda").write_bytes(PART)
    (tmp_path / "root.usda").write_bytes(USES)
    theirs = tmp_path / "theirs.usdz"
    assert UsdUtils.CreateNewUsdzPackage(Sdf.AssetPath(str(tmp_path / "root.usda")), str(theirs))
    packed = pack(theirs.read_bytes(), "theirs.usdz")
    assert packed.members[0].name == "root.usda"
    assert len(packed.members) == 2
