"""Archives for tests, good and bad."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

ROOT = b'#usda 1.0\n(\n    defaultPrim = "World"\n)\ndef Xform "World" {}\n'
PART = b'#usda 1.0\n(\n    defaultPrim = "Part"\n)\ndef Xform "Part" {\n    double reach = 2.5\n}\n'
USES = (
    b'#usda 1.0\n(\n    defaultPrim = "World"\n)\ndef Xform "World" (references = @./parts/part.usda@) {}\n'
)


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def tarred(files: Mapping[str, bytes], mode: str = "w:gz") -> bytes:
    """A tar archive, gzipped by default."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def special(name: str, kind: bytes, target: str = "") -> bytes:
    """A tar archive with a scene, and an entry that is no file."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo("root.usda")
        info.size = len(ROOT)
        archive.addfile(info, io.BytesIO(ROOT))
        odd = tarfile.TarInfo(name)
        odd.type, odd.linkname = kind, target
        archive.addfile(odd)
    return out.getvalue()


def zip_link(name: str, target: str) -> bytes:
    """A zip archive with a scene and a symbolic link."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("root.usda", ROOT)
        info = zipfile.ZipInfo(name)
        info.external_attr = 0o120777 << 16
        archive.writestr(info, target)
    return out.getvalue()


def saved(folder: Path, content: bytes) -> Path:
    """A file with this content."""
    path = folder / "upload"
    path.write_bytes(content)
    return path
