"""The topics of the system, by name; and which names on a broker belong to it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from twin_schemas import topics
from twin_schemas.errors import InvalidTopic, UnknownTopic
from twin_schemas.layout import layout
from twin_schemas.topics import PREFIX, TopicSpec

# The file of the family of public topics: one for each twin, named after it.
PUBLIC = "_public"

_PUBLIC_NAME = re.compile(r"(?!twin-)[a-z0-9-]+")
# A Faust table's changelog is <application>-<table>-changelog; Faust creates and compacts it itself. Our
# applications begin with the prefix written with dashes: no changelog looks like a twin's public topic.
_CHANGELOG = re.compile(r"-[a-z0-9]+-[A-Za-z0-9_]+-changelog")


@cache
def _files() -> Mapping[str, topics.TopicFile]:
    return topics.load(layout().topics)


@cache
def catalogue() -> Mapping[str, TopicSpec]:
    """The system's topics by name, as ``sim.journal``; families of topics are not among them.

    Raises:
        InvalidTopic: a topic file is wrong.
    """
    return {name: file.spec for name, file in _files().items() if file.pattern is None}


def topic(name: str) -> TopicSpec:
    """One topic of the system.

    Raises:
        UnknownTopic: it has no file in ``schemas/topics``.
    """
    try:
        return catalogue()[name]
    except KeyError:
        raise UnknownTopic(
            f"no topic {name!r} in the catalogue; there are {', '.join(catalogue())}"
        ) from None


def public_topic(twin_name: str) -> TopicSpec:
    """The public prediction stream of one twin: ``hanzo.twin.<twin-name>``.

    Raises:
        InvalidTopic: other characters than ``a-z0-9-``, or ``twin-`` (an alias's prefix) at the beginning.
    """
    if not _PUBLIC_NAME.fullmatch(twin_name):
        raise InvalidTopic(f"{twin_name!r} can't name a twin: a-z, 0-9 and -, not beginning with twin-")
    return replace(_files()[PUBLIC].spec, name=twin_name)


def find(physical: str, prefix: str = PREFIX) -> TopicSpec | None:
    """The topic that a name on a broker stands for; None for a Faust changelog.

    Raises:
        UnknownTopic: the name is none of ours.
    """
    name = physical.removeprefix(f"{prefix}.")
    if name != physical and name in catalogue():
        return catalogue()[name]
    if name != physical and _PUBLIC_NAME.fullmatch(name):
        return public_topic(name)
    if is_changelog(physical, prefix):
        return None
    raise UnknownTopic(f"{physical!r} is no topic of this system under the prefix {prefix!r}")


def is_changelog(physical: str, prefix: str = PREFIX) -> bool:
    """Whether a name on a broker is a Faust table's changelog: ``hanzo-twin-drift-windows-changelog``."""
    stem = prefix.replace(".", "-")
    return physical.startswith(stem) and _CHANGELOG.fullmatch(physical, len(stem)) is not None
