"""The drawing of the topics is that of the catalogue."""

from __future__ import annotations

from pathlib import Path

from twin_schemas import topics, topology
from twin_schemas.layout import layout

FILES = topics.load(layout().topics)


def test_the_page_is_the_one_that_the_catalogue_gives() -> None:
    page = Path(__file__).parents[2] / "docs/topology.md"
    assert page.read_text() == topology.text(FILES.values()), "run: python -m twin_schemas topology"


def test_every_topic_with_its_producers_and_consumers_is_drawn() -> None:
    drawn = topology.text(FILES.values())
    for file in FILES.values():
        name = file.pattern or file.spec.name
        node = "_" + "twin_name_" if file.pattern else name.replace(".", "_")
        assert drawn.count(f"| `{name}` |") == 1
        for producer in file.spec.producers:
            assert f"    {producer.replace('-', '_')} --> {node}\n" in drawn
        for consumer in file.spec.consumers:
            assert f"    {node} --> {consumer.replace('-', '_')}\n" in drawn
