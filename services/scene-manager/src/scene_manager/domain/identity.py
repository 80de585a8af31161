"""Names, references and what is derived from a twin's identity."""

from __future__ import annotations

import hashlib
import re
import uuid
from typing import Final

from scene_manager.errors import Refused

ALIAS: Final = "twin-"
_NAME: Final = re.compile(r"[a-z0-9-]{1,63}")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "hanzo.twin/aggregates")


def check_twin_name(name: str) -> None:
    """Accept a twin's name.

    Raises:
        Refused: it isn't 1 to 63 of `a-z 0-9 -`, begins with the alias `twin-`, or reads as a UUID.
    """
    if not _NAME.fullmatch(name):
        raise Refused(
            "invalid_name", f"twin name {name[:80]!r}: use 1 to 63 of a-z, 0-9 and '-'", field="name"
        )
    if name.startswith(ALIAS):
        raise Refused(
            "invalid_name",
            f"twin name {name!r}: leave {ALIAS!r} out, {ALIAS}<name> is already an alias of every name",
            field="name",
        )
    if is_uuid(name):
        raise Refused("invalid_name", f"twin name {name!r} reads as a UUID; choose a name", field="name")


def is_uuid(ref: str) -> bool:
    """Whether a reference is a UUID (in groups, as they are shown) rather than a name."""
    return _UUID.fullmatch(ref) is not None


def is_reference(ref: str) -> bool:
    """Whether a text can mean a twin at all: by UUID, name or alias."""
    return is_uuid(ref) or _NAME.fullmatch(ref.removeprefix(ALIAS)) is not None


def aggregate_id(command_id: str) -> str:
    """The UUID of what a command creates: the same one whenever the command is repeated."""
    return str(uuid.uuid5(_NAMESPACE, command_id))


def seed_of(twin_id: str) -> int:
    """The seed of a twin, in [0, 2**63)."""
    return int.from_bytes(hashlib.sha256(twin_id.encode()).digest()[:8], "big") >> 1
