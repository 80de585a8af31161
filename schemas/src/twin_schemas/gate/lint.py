"""Rules for topic files."""

import re
from collections.abc import Mapping

from twin_schemas.avsc import SchemaSet, short_name
from twin_schemas.catalogue import PUBLIC
from twin_schemas.topics import TopicFile

# Who may own, write or read a topic: the services and the packages that speak on the bus.
PACKAGES = frozenset(
    {"api-gateway", "scene-manager", "sync-engine", "sim-worker", "synthdata", "twin-common", "hanzo-twin"}
)
_NAME = re.compile(r"[a-z]+\.[a-z]+")


def findings(topics: Mapping[str, TopicFile], schemas: SchemaSet) -> list[str]:
    """What is wrong with the topics of a catalogue; a file that can't be parsed has failed before."""
    records = {short_name(name) for name in schemas.records()}
    found: list[str] = []
    for name, file in topics.items():
        if not (_NAME.fullmatch(name) if file.pattern is None else name.startswith("_")):
            found.append(
                f"topics/{name}.yaml: a topic is named group.kind; a family begins with _ and has a pattern"
            )
        found += [
            f"topics/{name}.yaml: no record type {kind}" for kind in file.spec.types if kind not in records
        ]
        for role in ("producers", "consumers"):
            strangers = sorted(set(getattr(file.spec, role)) - PACKAGES)
            found += [f"topics/{name}.yaml: {role}: no package {stranger}" for stranger in strangers]
        if file.spec.owner not in PACKAGES:
            found.append(f"topics/{name}.yaml: owner: no package {file.spec.owner}")
    if PUBLIC not in topics:
        found.append(f"topics/{PUBLIC}.yaml: the family of public topics is missing")
    carried = {kind for file in topics.values() for kind in file.spec.types}
    embedded = {short_name(inner) for name in schemas.records() for inner in schemas.references(name)}
    orphans = sorted(records - carried - embedded)
    return found + [
        f"{name}: on no topic and in no other type; list it in a topic or remove it" for name in orphans
    ]
