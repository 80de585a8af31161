"""The names of all settings: as paths in the file and as environment variables."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from pydantic import BaseModel

PREFIX = "HANZO_TWIN_"

NOT_SETTINGS = frozenset(
    {
        "HANZO_TWIN_CONFIG",
        "HANZO_TWIN_HOME",
        "HANZO_TWIN_API_URL",
        "HANZO_TWIN_API_TOKEN",
        "HANZO_TWIN_PROFILE",
    }
)
"""Variables with our prefix that aren't settings: where the file is, where the local stack keeps its state, and
where the command line finds the API."""


def leaves(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every setting that has a value of its own."""
    for name, info in model.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from leaves(kind, (*path, name))
        else:
            yield (*path, name)


def variable(path: tuple[str, ...]) -> str:
    """The environment variable of a setting: `HANZO_TWIN_<SECTION>_<KEY>`."""
    return PREFIX + "_".join(path).upper()


def nearest(word: str, known: Iterable[str]) -> str:
    """` (did you mean X?)`, or nothing when no known word is near."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {found[0]}?)" if found else ""
