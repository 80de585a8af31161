"""What a scene file refers to: only what lies in the same file may be followed."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from pxr import Ar, Sdf, Tf, UsdUtils

from twin_sim.scene.check.finding import Finding, Severity

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_DRIVE = re.compile(r"[A-Za-z]:")
_MAX_LAYERS = 5000


def check_references(file: Path) -> list[Finding]:
    """Errors for what leads out of the file or isn't in it, warnings for missing pictures and the like.

    No layer outside of the file is opened.
    """
    found: list[Finding] = []
    root = _open(str(file))
    if root is None:
        return found  # reading the stage says why
    seen, waiting = {root.identifier}, [(root, _root_name(file))]
    while waiting:
        layer, name = waiting.pop()
        layers = set(layer.GetCompositionAssetDependencies())
        for path in sorted(_asset_paths(layer) | layers):
            problem = _leads_out(path, name)
            if problem is not None:
                found.append(_outside(name, path, problem))
                continue
            absolute = layer.ComputeAbsolutePath(path)
            if path not in layers:
                if "<UDIM>" not in path and not Ar.GetResolver().Resolve(absolute):
                    found.append(_missing(name, path, Severity.WARNING))
            elif (used := _open(absolute)) is None:
                found.append(_missing(name, path, Severity.ERROR))
            elif used.identifier not in seen and len(seen) < _MAX_LAYERS:
                seen.add(used.identifier)
                waiting.append((used, posixpath.normpath(posixpath.join(posixpath.dirname(name), path))))
    return found


def check_layers(file: Path, used: Iterator[Sdf.Layer]) -> list[Finding]:
    """Errors for layers of a composed stage that lie elsewhere, however they got there."""
    home = str(file)
    return [
        _outside(file.name, layer.identifier, "another file")
        for layer in used
        if not layer.anonymous and not layer.identifier.startswith(home)
    ]


def _open(path: str) -> Sdf.Layer | None:
    try:
        return Sdf.Layer.FindOrOpen(path)
    except Tf.ErrorException:
        return None


def _root_name(file: Path) -> str:
    """The name of the root layer inside a package, else of the file."""
    if file.suffix == ".usdz":
        try:
            with zipfile.ZipFile(file) as package:
                return package.namelist()[0]
        except (zipfile.BadZipFile, IndexError):
            return file.name
    return file.name


def _asset_paths(layer: Sdf.Layer) -> set[str]:
    """Every path to another file, wherever in the layer it stands."""
    found: set[str] = set()

    def note(path: str) -> str:
        found.add(path)
        return path

    copy = Sdf.Layer.CreateAnonymous()
    copy.TransferContent(layer)
    UsdUtils.ModifyAssetPaths(copy, note)
    return found - {""}


def _leads_out(path: str, name: str) -> str | None:
    if "${" in path or "`" in path:
        return "an expression"
    if path.startswith(("/", "\\")) or (_DRIVE.match(path) and not _URL.match(path)):
        return "an absolute path"
    if _URL.match(path.split(":SDF_FORMAT_ARGS:")[0]):
        return "a URL"
    plain = path.replace("\\", "/")
    if posixpath.normpath(posixpath.join(posixpath.dirname(name), plain)).split("/")[0] == "..":
        return "a path out of the package"
    return None


def _outside(name: str, path: str, problem: str) -> Finding:
    return Finding(
        Severity.ERROR,
        "outside_reference",
        "",
        f"{name} refers to @{path[:200]}@, {problem}",
        "Put the file into the upload and refer to it by a relative path, or flatten the scene.",
    )


def _missing(name: str, path: str, severity: Severity) -> Finding:
    return Finding(
        severity,
        "missing_file",
        "",
        f"{name} refers to @{path[:200]}@, which is missing or can't be read",
        "Upload the folder or archive that holds it, with relative paths as they are.",
    )
