"""Archives that people upload, unpacked as the gateway does."""

from __future__ import annotations

import gzip
import io
import random
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path

from fuzzing.mutate import mutated
from fuzzing.target import ACCEPTED
from twin_common.packages import Limits, PackageRefused, pack_upload

_LAYER = b'#usda 1.0\n(defaultPrim = "World")\ndef Xform "World" (references = @sub/part.usda@) {}\n'
_FILES = {
    "scene.usda": _LAYER,
    "sub/part.usda": b'#usda 1.0\ndef Xform "a" {}\n',
    "sub/a.png": bytes(range(256)) * 4,
}
_NAMES = (
    "../a.usda",
    "/a.usda",
    "a\\b.usda",
    "sub",
    "C:/a.usda",
    "x" * 300,
    "",
    "a\0b",
    "a.zip",
    "SCENE.usda",
    "\u202e.usda",
    ".",
)


class Uploads:
    """Zip archives and tar archives, gzipped ones too."""

    name = "packages"
    per_process = 20_000
    contained = False
    watched = ("twin_common/packages", "zipfile", "tarfile", "gzip")
    words = (
        b"PK\x03\x04",
        b"PK\x01\x02",
        b"PK\x05\x06",
        b"PK\x06\x06",
        b"ustar",
        b"\x1f\x8b\x08",
        b"GNU.sparse",
        b"30 path=../a\n",
    )

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="fuzz-packages-"))

    def seeds(self) -> list[bytes]:
        tar = _tar(_FILES)
        return [
            _zip(_FILES, zipfile.ZIP_STORED),
            _zip(_FILES, zipfile.ZIP_DEFLATED),
            tar,
            gzip.compress(tar, mtime=0),
        ]

    def shaped(self, rng: random.Random, seed: bytes) -> bytes:
        """An archive of hostile names, or one whose headers were mutated."""
        files = {**_FILES, rng.choice(_NAMES): mutated(rng, _LAYER, (), self.words)[:4000]}
        match rng.randrange(4):
            case 0:
                return _zip(files, rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)))
            case 1:
                return _tar(files)
            case 2:
                return gzip.compress(mutated(rng, _tar(_FILES), (), self.words), mtime=0)
            case _:
                return seed[:4] + mutated(rng, seed[4:], (), self.words)

    def run(self, data: bytes) -> str:
        folder = self._folder / "one"
        folder.mkdir()
        upload = self._folder / "upload"
        upload.write_bytes(data)
        try:
            pack_upload(
                upload, "scene.usdz" if data[4:5] == b"z" else "scene", folder, limits=Limits(size=8_000_000)
            )
        except PackageRefused as refused:
            return refused.code
        finally:
            shutil.rmtree(folder)
        return ACCEPTED

    def close(self) -> None:
        shutil.rmtree(self._folder)


def target() -> Uploads:
    """It."""
    return Uploads()


def _zip(files: dict[str, bytes], method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as package:
        for name, content in files.items():
            info = zipfile.ZipInfo(name or "x")
            info.filename, info.compress_type = name, method
            package.writestr(info, content)
    return out.getvalue()


def _tar(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as package:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            package.addfile(info, io.BytesIO(content))
    return out.getvalue()
