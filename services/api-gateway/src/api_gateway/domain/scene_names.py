"""Names that a scene can have, said before a file is stored for it."""

from __future__ import annotations

import re
from typing import Final

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def name_problems(name: str) -> list[str]:
    """What is wrong with a scene's name; the control plane has the last word."""
    if not name:
        return ["is missing: the scene's name"]
    if _UUID.fullmatch(name):
        return ["reads as a UUID; choose a name"]
    if not _NAME.fullmatch(name):
        return ["has 1 to 63 of a-z, 0-9, '.', '_' and '-', first a letter or digit"]
    return []
