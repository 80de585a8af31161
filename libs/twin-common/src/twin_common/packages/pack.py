"""From an upload to the one file that is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from twin_common.packages.errors import PackageRefused
from twin_common.packages.limits import Limits
from twin_common.packages.member import Member
from twin_common.packages.names import checked_name, is_usd
from twin_common.packages.roots import choose_root, common_folder
from twin_common.packages.sniff import Kind, kind_of
from twin_common.packages.spool import Readable, Spool
from twin_common.packages.tars import spool_tar
from twin_common.packages.usdz import write_usdz
from twin_common.packages.zips import spool_zip


@dataclass(frozen=True, slots=True)
class Packed:
    """An upload as one file.

    Attributes:
        path: where it lies, in the caller's folder.
        file: plain name with a USD suffix.
        digest: sha256, hex.
        size: bytes.
        members: what a package holds, the root layer first; empty for a single file.
    """

    path: Path
    file: str
    digest: str
    size: int
    members: tuple[Member, ...] = ()


def pack_upload(
    upload: Path, filename: str, folder: Path, *, root: str | None = None, limits: Limits | None = None
) -> Packed:
    """Pack one uploaded file: USD stays as it is, an archive becomes a package.

    Args:
        upload: where it lies.
        filename: as the uploader calls it; tells the name, and for USD the format.
        folder: empty, and removed by the caller with everything in it.
        root: the layer to open, for archives.
        limits: of what is in it.

    Raises:
        PackageRefused: it can't be taken as it is; names the entry at fault.
    """
    limits = limits or Limits()
    filename = checked_name(filename).rpartition("/")[2]
    if upload.stat().st_size > limits.size:
        raise PackageRefused("upload_too_large", f"it has more than {limits.size} bytes", filename)
    spool = Spool(folder, limits)
    kind = kind_of(upload, filename)
    if kind is Kind.USD:
        if root is not None and root != filename:
            raise PackageRefused(
                "no_root", f"`root` is {root[:80]!r}, but the upload is a single file", filename
            )
        return _single(upload, filename)
    if kind is Kind.USDZ and root is None:
        spool_zip(upload, spool, stored=True)
        return replace(_single(upload, filename), members=_package(spool))
    if kind in (Kind.ZIP, Kind.USDZ):
        spool_zip(upload, spool)
    else:
        spool_tar(upload, spool, gzipped=kind is Kind.TAR_GZ)
    return _packed(spool, root, _title(filename))


def pack_files(
    files: Iterable[tuple[str, Readable]],
    folder: Path,
    *,
    title: str,
    root: str | None = None,
    limits: Limits | None = None,
) -> Packed:
    """Pack files that come one by one with their relative paths.

    Args:
        files: path and content of each.
        folder: empty, and removed by the caller with everything in it.
        title: name of the scene, which its root layer may have.
        root: the layer to open.
        limits: of all together.

    Raises:
        PackageRefused: they can't be taken as they are; names the entry at fault.
    """
    spool = Spool(folder, limits or Limits())
    for name, content in files:
        spool.add(name, content)
    return _packed(spool, root, title)


def members_of(package: Path, file: str, folder: Path, *, limits: Limits | None = None) -> tuple[Member, ...]:
    """What a packed file holds, the root layer first; nothing for a single layer.

    Raises:
        PackageRefused: it can't be read.
    """
    if kind_of(package, file) is not Kind.USDZ:
        return ()
    spool = Spool(folder, limits or Limits())
    spool_zip(package, spool, stored=True)
    return _package(spool)


def replace_members(members: Sequence[Member], news: Mapping[str, Member], file: str, folder: Path) -> Packed:
    """A package with other content in some of its places.

    Args:
        members: of a package, the root layer first.
        news: by name, what comes there instead.
        file: name of the new package.
        folder: gets the package as `package.usdz`.
    """
    changed = [replace(news[old.name], name=old.name) if old.name in news else old for old in members]
    return _written(changed, file, folder)


def _single(path: Path, file: str) -> Packed:
    whole = Member.of(file, path)
    return Packed(path, file, whole.digest, whole.size)


def _package(spool: Spool) -> tuple[Member, ...]:
    members = tuple(spool.members)
    if not members:
        raise PackageRefused("empty_upload", "the package has no files")
    if not is_usd(members[0].name):
        raise PackageRefused(
            "no_root", "the first file of a package has to be its root layer", members[0].name
        )
    return members


def _packed(spool: Spool, root: str | None, title: str) -> Packed:
    members = spool.members
    if not members:
        raise PackageRefused("empty_upload", "there are no files in it")
    folder = common_folder([member.name for member in members])
    inner = [replace(member, name=member.name[len(folder) :]) for member in members]
    root = root.removeprefix("./").removeprefix(folder) if root is not None else None
    chosen = choose_root({member.name for member in inner}, root, title)
    if len(inner) == 1:
        only = inner[0]
        kind_of(only.path, only.name)
        return Packed(only.path, PurePosixPath(only.name).name, only.digest, only.size)
    ordered = sorted(inner, key=lambda member: (member.name != chosen, member.name))
    return _written(ordered, f"{PurePosixPath(chosen).stem}.usdz", spool.folder)


def _written(members: Sequence[Member], file: str, folder: Path) -> Packed:
    target = folder / "package.usdz"
    write_usdz(members, target)
    return replace(_single(target, file), members=tuple(members))


def _title(filename: str) -> str:
    for suffix in (".tar.gz", ".tgz", ".tar", ".zip", ".usdz"):
        if filename.lower().endswith(suffix):
            return filename[: -len(suffix)]
    return PurePosixPath(filename).stem
