"""Topics have their names from the catalogue: the schema gate, and whoever reads the code, finds all uses there."""

import ast
import re

from sources import each_module, texts

from twin_common.identity.roles import actions
from twin_schemas.catalogue import catalogue
from twin_schemas.topics import PREFIX

# `hanzo.twin.sim.journal`, or the end of f"{prefix}.sim.journal".
BUILT = re.compile(rf"(?:{re.escape(PREFIX)})?\.([a-z]+\.[a-z]+)")
# A definition has paths such as `scene.uri`; so has the command line.
GROUPS = "|".join(sorted({topic.partition(".")[0] for topic in catalogue()} - {"twin", "scene"}))
LOGICAL = re.compile(rf"(?:{GROUPS})\.[a-z]+")


def spelt_out(module: ast.Module) -> list[tuple[int, str]]:
    """Physical names that code puts together itself."""
    return [
        (line, text)
        for line, text in texts(module)
        if (found := BUILT.fullmatch(text)) and found[1] in catalogue()
    ]


def undeclared(module: ast.Module) -> list[tuple[int, str]]:
    """Names that look like those of topics, and are neither in `schemas/topics` nor actions of the role table."""
    return [
        (line, text)
        for line, text in texts(module)
        if LOGICAL.fullmatch(text) and text not in catalogue() and text not in actions()
    ]


def test_no_module_builds_a_topics_name_itself():
    found = each_module(spelt_out)
    assert found == {}, "use twin_schemas.catalogue.topic(...).physical(prefix)"


def test_no_module_names_a_topic_that_is_not_in_the_catalogue():
    assert each_module(undeclared) == {}


def test_names_that_are_built_or_unknown_are_found():
    module = ast.parse('a = f"{prefix}.sim.journal"\nb = "hanzo.twin.twin.specs"\nc = topic("sim.jurnal")')
    assert {line for line, _ in spelt_out(module)} == {1, 2}
    assert undeclared(module) == [(3, "sim.jurnal")]
