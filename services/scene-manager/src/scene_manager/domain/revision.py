"""Where a revision of a twin comes from, and what of it waits for a restart."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from scene_manager.domain.scene import PinnedScene
from scene_manager.errors import Refused

MAX_REASON: Final = 2000


@dataclass(frozen=True, slots=True)
class Made:
    """Who made a revision, when and why.

    Attributes:
        actor: the user or service account.
        at_ns: ns since the Unix epoch.
        command: id of the command.
        reason: in the actor's words.
    """

    actor: str
    at_ns: int
    command: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """What a twin that runs becomes when it is started again.

    Attributes:
        definition: canonical JSON.
        restart_needed: paths in which it differs from what acts now.
    """

    definition: str
    scene: PinnedScene
    restart_needed: tuple[str, ...]


def digest_of(definition: str) -> str:
    """sha256 of a canonical definition, in hex."""
    return hashlib.sha256(definition.encode()).hexdigest()


def check_reason(reason: str) -> str:
    """Accept why something is done.

    Raises:
        Refused: it is too long, or has a NUL.
    """
    if len(reason) > MAX_REASON or "\0" in reason:
        raise Refused("invalid_reason", f"a reason has at most {MAX_REASON} characters and no NUL")
    return reason
