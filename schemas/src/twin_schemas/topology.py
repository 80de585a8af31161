"""Draws ``docs/topology.md`` from the catalogue: which service writes and reads which topic."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from twin_schemas import topics
from twin_schemas.layout import layout
from twin_schemas.topics import PREFIX, TopicFile, TopicSpec

_HEAD = f"""# Who says what to whom

Services talk to each other only through these topics. This page is drawn from [schemas/topics](../schemas/topics) by
`python -m twin_schemas topology`; don't edit it. An arrow into a topic is a producer, one out of it a consumer;
`hanzo-twin` is the command line and whatever program uses its bus client. Names on the broker begin with
`{PREFIX}.` (setting `stream.topic_prefix`).
"""

# A section takes the topics whose first segment it names; the last one takes the rest.
_SECTIONS: Sequence[tuple[str, frozenset[str]]] = (
    ("The control plane", frozenset({"control", "twin", "scene", "job"})),
    ("Running twins", frozenset({"sim"})),
    ("Around them", frozenset()),
)


def text(files: Iterable[TopicFile]) -> str:
    """The whole page."""
    left = sorted(files, key=_name)
    parts = [_HEAD]
    for title, segments in _SECTIONS:
        here = [file for file in left if not segments or file.spec.name.split(".")[0] in segments]
        left = [file for file in left if file not in here]
        parts.append(f"## {title}\n\n{_drawing(here)}\n\n{_table(here)}\n")
    return "\n".join(parts)


def write() -> Path:
    """Write the page anew; returns where it is."""
    page = layout().root.parent / "docs" / "topology.md"
    page.write_text(text(topics.load(layout().topics).values()), encoding="utf-8")
    return page


def _name(file: TopicFile) -> str:
    return file.pattern or file.spec.name


def _drawing(files: Sequence[TopicFile]) -> str:
    lines = ["```mermaid", "flowchart LR"]
    services = sorted({name for file in files for name in (*file.spec.producers, *file.spec.consumers)})
    lines += [f'    {_node(name)}["{name}"]' for name in services]
    lines += [f'    {_node(_name(file))}[("{_escaped(_name(file))}")]' for file in files]
    for file in files:
        topic = _node(_name(file))
        lines += [f"    {_node(producer)} --> {topic}" for producer in file.spec.producers]
        lines += [f"    {topic} --> {_node(consumer)}" for consumer in file.spec.consumers]
    return "\n".join([*lines, "```"])


def _table(files: Sequence[TopicFile]) -> str:
    rows = [_row(_name(file), file.spec) for file in files]
    head = "| topic | carries | key | partitions | kept | types |"
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def _row(name: str, spec: TopicSpec) -> str:
    cells = (
        f"`{name}`",
        spec.description,
        spec.key,
        str(spec.partitions),
        spec.kept_text,
        _types(spec.types),
    )
    return f"| {' | '.join(cells)} |"


def _types(names: Iterable[str]) -> str:
    return ", ".join(f"[{name}](../schemas/avro/{name}.avsc)" for name in names)


def _node(name: str) -> str:
    """A name that mermaid takes for a node."""
    return re.sub(r"\W+", "_", name)


def _escaped(name: str) -> str:
    return name.replace("<", "&lt;").replace(">", "&gt;")
