"""Scenes and their immutable versions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from scene_manager.domain.identity import is_uuid
from scene_manager.domain.scene_check import Checked
from scene_manager.errors import Refused

SUFFIXES: Final = (".usd", ".usda", ".usdc", ".usdz")
MAX_NOTE: Final = 2000
MAX_USES: Final = 200
MAX_PATH: Final = 1024
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PinnedScene:
    """A scene version as a twin uses it.

    Attributes:
        digest: sha256 of the file, in hex.
        file: its name with the suffix.
    """

    name: str
    version: int
    digest: str
    file: str


@dataclass(frozen=True, slots=True)
class Use:
    """A file of a scene that is a version of another scene.

    Attributes:
        path: place inside the package.
        scene: name of the used scene, of the same organisation.
        digest: sha256 of that version's file.
    """

    path: str
    scene: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class SceneFile:
    """A file that lies in object storage under its digest, offered as a version of a scene.

    Attributes:
        size: bytes.
        note: why there is this version.
        uses: its files that are versions of other scenes.
    """

    digest: str
    file: str
    size: int
    note: str = ""
    uses: tuple[Use, ...] = ()

    def check(self, max_bytes: int) -> None:
        """Say what is wrong with it.

        Raises:
            Refused: the digest isn't a sha256 in hex, the file isn't USD by its name, or its size is wrong.
        """
        if not is_digest(self.digest):
            raise Refused("invalid_digest", f"{self.digest[:80]!r} isn't a sha256: 64 lower-case hex digits")
        name = PurePosixPath(self.file)
        if (
            name.name != self.file
            or name.suffix not in SUFFIXES
            or len(self.file) > 255
            or not self.file.isprintable()
        ):
            raise Refused(
                "invalid_file",
                f"{self.file[:80]!r} isn't a plain file name that ends with {', '.join(SUFFIXES)}",
            )
        check_note(self.note)
        if not 0 < self.size <= max_bytes:
            raise Refused(
                "scene_too_large" if self.size > max_bytes else "invalid_size",
                f"{self.file} has {self.size} bytes; a scene file has 1 to {max_bytes}",
            )
        self._check_uses()

    def _check_uses(self) -> None:
        paths = {use.path for use in self.uses}
        if (
            len(paths) != len(self.uses)
            or len(paths) > MAX_USES
            or "" in paths
            or max(map(len, paths), default=0) > MAX_PATH
            or any("\0" in use.path for use in self.uses)
        ):
            raise Refused(
                "invalid_uses", f"uses name up to {MAX_USES} different paths inside the package", field="uses"
            )


@dataclass(frozen=True, slots=True)
class Version:
    """An immutable version of a scene.

    Attributes:
        scene: UUID of the scene.
        number: counts from 1 within the scene, and is never used again.
        created_ns: ns since the Unix epoch.
        actor: who registered it.
        parent: number of the version before it, or None.
        checked: what its check found; None for versions older than checks.
    """

    scene: str
    org: str
    name: str
    number: int
    file: SceneFile
    created_ns: int
    actor: str
    parent: int | None = None
    checked: Checked | None = None

    @property
    def pin(self) -> PinnedScene:
        """What a twin keeps of it."""
        return PinnedScene(self.name, self.number, self.file.digest, self.file.file)


def check_note(note: str) -> str:
    """Accept what is said of a version.

    Raises:
        Refused: it is too long, or has a NUL.
    """
    if len(note) > MAX_NOTE or "\0" in note:
        raise Refused("invalid_note", f"a note has at most {MAX_NOTE} characters and no NUL")
    return note


def is_digest(text: str) -> bool:
    """Whether a text is a sha256 in hex."""
    return _DIGEST.fullmatch(text) is not None


def is_scene_reference(ref: str) -> bool:
    """Whether a text can mean a scene at all: by UUID or name."""
    return is_uuid(ref) or _NAME.fullmatch(ref) is not None


def check_scene_name(name: str) -> None:
    """Accept a scene's name.

    Raises:
        Refused: it isn't 1 to 63 of `a-z 0-9 . _ -`, beginning with a letter or digit, or reads as a UUID.
    """
    if not _NAME.fullmatch(name) or is_uuid(name):
        raise Refused(
            "invalid_name",
            f"scene name {name[:80]!r}: use 1 to 63 of a-z, 0-9, '.', '_' and '-', first a letter or digit",
            field="scene",
        )
