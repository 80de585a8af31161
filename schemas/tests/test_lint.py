"""Topics name existing types and packages, and every type is somewhere."""

import pytest

from twin_schemas import topics
from twin_schemas.gate import lint


def findings(workspace):
    return lint.findings(topics.load(workspace.layout.topics), workspace.schemas())


def test_a_good_catalogue_passes(workspace):
    assert findings(workspace) == []


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"types": ["Frame", "Missing"]}, "no record type Missing"),
        ({"producers": ["sync-engin"]}, "producers: no package sync-engin"),
        ({"consumers": ["everyone"]}, "consumers: no package everyone"),
        ({"owner": "me"}, "owner: no package me"),
    ],
)
def test_a_stranger_in_a_topic_file_is_named(workspace, changes, complaint):
    workspace.topic("sim.journal", **changes)
    assert f"topics/sim.journal.yaml: {complaint}" in findings(workspace)


def test_a_type_on_no_topic_and_in_no_other_type_is_an_orphan(workspace):
    workspace.record("Lost", tick="long")
    assert findings(workspace) == ["Lost: on no topic and in no other type; list it in a topic or remove it"]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("journal", None), ("sim.journal.v2", None), ("Sim.journal", None), ("_x", None), ("a.b", "<x>")],
)
def test_a_topic_in_another_style_is_named(workspace, name, pattern):
    workspace.topic(name, pattern=pattern)
    assert any(
        finding.startswith(f"topics/{name}.yaml: a topic is named group.kind")
        for finding in findings(workspace)
    )


def test_the_family_of_public_topics_is_asked_for(workspace):
    (workspace.layout.topics / "_public.yaml").unlink()
    assert findings(workspace) == ["topics/_public.yaml: the family of public topics is missing"]
