"""USD: text, binary and packages, checked as the process that checks uploads does, and compiled as workers do."""

from __future__ import annotations

import io
import random
import re
import shutil
import tempfile
import zipfile
from pathlib import Path

from pxr import Usd, Work

from fuzzing.mutate import mutated
from fuzzing.target import ACCEPTED
from twin_common.packages import Limits, PackageRefused, members_of
from twin_sim.scene.check.report import check

_ROOT = Path(__file__).parents[4]
_SCENES = (*(_ROOT / "libs/twin-sim/tests/scenes").glob("*.usda"), *(_ROOT / "examples").glob("*/scene.usda"))
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
_ANYWHERE = re.compile(rb"")
_NUMBERS = (
    b"0", b"-1", b"1e38", b"1e309", b"-0", b"nan", b"inf", b"-inf", b"1e-45", b"9223372036854775808", b"4294967295",
)  # fmt: skip
_SUFFIXES = {b"PXR-USDC": ".usdc", b"PK\x03\x04": ".usdz"}


class Scenes:
    """Files as the checker gets them, each in a folder of its own."""

    name = "usd"
    per_process = 3000
    contained = True
    watched = ("twin_sim/scene", "twin_common/packages")
    words = (
        b"def Xform", b'def "a"', b"over", b"class", b'prepend apiSchemas = ["PhysicsRigidBodyAPI"]', b"uniform token",
        b"rel physics:body0 = </World>", b"rel physics:body1 = <../..>", b"(references = @./a.usda@</A>)", b"None",
        b"(payload = @scene.usda@)", b"variantSet", b"inherits = </World>", b"specializes = </World/arm>", b"<>",
        b"subLayers = [@scene.usda@]", b"point3f[] points = []", b"int[] faceVertexIndices = [0, -1, 2147483647]",
        b"double3 xformOp:translate.timeSamples = {0: (0, 0, 0), nan: None}", b"def PhysicsRevoluteJoint", b'"',
        b"matrix4d xformOp:transform = ((0,0,0,0),(0,0,0,0),(0,0,0,0),(0,0,0,0))", b"#usda 1.0", b"@", b"'''", b"]",
        b"quatf physics:localRot0 = (0, 0, 0, 0)", b"float physics:mass = nan", b"metersPerUnit = 0", b"}", b"(", b"{",
        b"def Mesh", b"def Cube", b"def Capsule", b"float physics:lowerLimit = inf", b"custom string a = ",
        b"instanceable = true",
        b"PXR-USDC", b"TOKENS", b"STRINGS", b"FIELDS", b"FIELDSETS", b"PATHS", b"SPECS", b"PK\x01\x02", b"PK\x05\x06",
    )  # fmt: skip

    def __init__(self) -> None:
        Work.SetConcurrencyLimit(1)
        self._folder = Path(tempfile.mkdtemp(prefix="fuzz-usd-"))

    def seeds(self) -> list[bytes]:
        texts = [path.read_bytes() for path in sorted(_SCENES)]
        crates = [_as_crate(path, self._folder) for path in sorted(_SCENES)]
        packages = [_packed({"scene.usda": text}) for text in texts[:2]]
        packages += [_packed({"scene.usdc": crate}) for crate in crates[:2]]
        parent = b'#usda 1.0\n(defaultPrim = "World")\ndef Xform "World" (references = @sub/part.usda@) {}\n'
        packages.append(_packed({"root.usda": parent, "sub/part.usda": texts[0]}))
        return [*texts, *crates, *packages]

    def shaped(self, rng: random.Random, seed: bytes) -> bytes:
        """Other numbers in texts, anything anywhere behind the head of binaries, and packages of such files."""
        if seed.startswith(b"PK"):
            files = _unpacked(seed)
            name = rng.choice(sorted(files))
            files[name] = self.shaped(rng, files[name])
            if rng.random() < 0.2:
                files[rng.choice(("../a.usda", "a\\b.usda", "sub", "x" * 300, "", "b.usdz"))] = b"#usda 1.0\n"
            return _packed(files)
        if seed.startswith(b"#usda"):
            for _ in range(rng.randint(1, 4)):
                place = rng.choice([*_NUMBER.finditer(seed)] or [*_ANYWHERE.finditer(seed)])
                seed = seed[: place.start()] + rng.choice(_NUMBERS) + seed[place.end() :]
            return seed
        return seed[:8] + mutated(rng, seed[8:], (), ())

    def run(self, data: bytes) -> str:
        folder = self._folder / "one"
        (folder / "scene").mkdir(parents=True)
        (folder / "members").mkdir()
        suffix = next((end for magic, end in _SUFFIXES.items() if data.startswith(magic)), ".usda")
        file = folder / "scene" / f"scene{suffix}"
        file.write_bytes(data)
        try:
            members_of(file, file.name, folder / "members", limits=Limits())
            report = check(file, engine="mujoco", model=folder / "model.json")
        except PackageRefused as refused:
            return refused.code
        finally:
            shutil.rmtree(folder)
        errors = [found.code for found in report.findings if found.is_error]
        return ACCEPTED if report.ok else errors[0] if errors else "nothing"

    def close(self) -> None:
        shutil.rmtree(self._folder)


def target() -> Scenes:
    """It."""
    return Scenes()


def _as_crate(path: Path, folder: Path) -> bytes:
    binary = folder / "seed.usdc"
    stage = Usd.Stage.Open(str(path))
    stage.GetRootLayer().Export(str(binary))
    try:
        return binary.read_bytes()
    finally:
        binary.unlink()


def _packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            begin = out.tell() + 30 + len(name.encode())
            padding = -begin % 64
            info.extra = b"\x86\x19" + max(0, padding - 4).to_bytes(2, "little") + bytes(max(0, padding - 4))
            package.writestr(info, content)
    return out.getvalue()


def _unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}
