"""Scenes and their immutable versions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from scene_manager.errors import Refused

SUFFIXES: Final = (".usd", ".usda", ".usdc", ".usdz")
MAX_NOTE: Final = 2000
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
class SceneFile:
    """A file that lies in object storage under its digest, offered as a version of a scene.

    Attributes:
        size: bytes.
        note: why there is this version.
    """

    digest: str
    file: str
    size: int
    note: str = ""

    def check(self, max_bytes: int) -> None:
        """Say what is wrong with it.

        Raises:
            Refused: the digest isn't a sha256 in hex, the file isn't USD by its name, or its size is wrong.
        """
        if not _DIGEST.fullmatch(self.digest):
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
        if len(self.note) > MAX_NOTE or "\0" in self.note:
            raise Refused("invalid_note", f"a note has at most {MAX_NOTE} characters and no NUL")
        if not 0 < self.size <= max_bytes:
            raise Refused(
                "invalid_size", f"{self.file} has {self.size} bytes; a scene file has 1 to {max_bytes}"
            )


@dataclass(frozen=True, slots=True)
class Version:
    """An immutable version of a scene.

    Attributes:
        scene: UUID of the scene.
        number: counts from 1 within the scene.
        created_ns: ns since the Unix epoch.
        actor: who registered it.
    """

    scene: str
    org: str
    name: str
    number: int
    file: SceneFile
    created_ns: int
    actor: str

    @property
    def pin(self) -> PinnedScene:
        """What a twin keeps of it."""
        return PinnedScene(self.name, self.number, self.file.digest, self.file.file)


def check_scene_name(name: str) -> None:
    """Accept a scene's name.

    Raises:
        Refused: it isn't 1 to 63 of `a-z 0-9 . _ -`, beginning with a letter or digit.
    """
    if not _NAME.fullmatch(name):
        raise Refused(
            "invalid_name",
            f"scene name {name[:80]!r}: use 1 to 63 of a-z, 0-9, '.', '_' and '-', first a letter or digit",
            field="scene",
        )
