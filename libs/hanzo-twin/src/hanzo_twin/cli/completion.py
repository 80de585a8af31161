"""Names for the shell; none when the API doesn't answer at once."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from hanzo_twin.errors import HanzoTwinError

if TYPE_CHECKING:
    from hanzo_twin.client import Client

PATIENCE_S = 2.0
MOST = 500


def complete_twin(incomplete: str) -> list[str]:
    """The names of twins that begin so."""
    try:
        with _client() as client:
            names = [twin.name for twin in islice(client.list_twins(page_size=MOST), MOST)]
    except HanzoTwinError:
        return []
    return [name for name in names if name.startswith(incomplete)]


def complete_scene(incomplete: str) -> list[str]:
    """The names of scenes that begin so."""
    try:
        with _client() as client:
            names = [scene.name for scene in islice(client.list_scenes(page_size=MOST), MOST)]
    except HanzoTwinError:
        return []
    return [name for name in names if name.startswith(incomplete)]


def complete_profile(incomplete: str) -> list[str]:
    """The names of profiles that begin so."""
    from hanzo_twin.profiles import read_profiles
    from hanzo_twin.profiles.file import LOCAL

    try:
        return [name for name in (LOCAL, *read_profiles().profiles) if name.startswith(incomplete)]
    except HanzoTwinError:
        return []


def _client() -> Client:
    from hanzo_twin.client import Client, Retry

    return Client(retry=Retry(within_s=0.0), timeout=PATIENCE_S)
