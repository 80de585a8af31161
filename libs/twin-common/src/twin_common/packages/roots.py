"""Which file of an upload is the scene."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath

from twin_common.packages.errors import PackageRefused
from twin_common.packages.names import checked_name, is_usd


def common_folder(names: Collection[str]) -> str:
    """The folder that all names lie in, with `/` at its end; empty when there is none."""
    folder = ""
    while True:
        heads = {name[len(folder) :].partition("/")[:2] for name in names}
        if len(heads) != 1 or (head := next(iter(heads)))[1] == "":
            return folder
        folder += f"{head[0]}/"


def choose_root(names: Collection[str], given: str | None, title: str) -> str:
    """The layer to open: the given one, the only one at the top, `root.usd*` or `<title>.usd*`.

    Args:
        names: of all files.
        given: what the uploader says.
        title: name of the archive or scene, without suffix.

    Raises:
        PackageRefused: `no_root`: the given one isn't there, or there is nothing or too much to choose from.
    """
    if given is not None:
        return _given(names, checked_name(given))
    top = sorted(name for name in names if "/" not in name and is_usd(name))
    if len(top) == 1:
        return top[0]
    for stem in ("root", title):
        named = [name for name in top if PurePosixPath(name).stem == stem]
        if len(named) == 1:
            return named[0]
    found = ", ".join(top[:5]) or "none"
    raise PackageRefused(
        "no_root", f"can't tell which file is the scene: USD files at the top are {found}; say it with `root`"
    )


def _given(names: Collection[str], root: str) -> str:
    if root not in names:
        raise PackageRefused("no_root", "the upload has no such file; check `root`", root)
    if not is_usd(root):
        raise PackageRefused("no_root", "not a USD file by its name; check `root`", root)
    return root
