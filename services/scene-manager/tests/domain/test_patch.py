"""Merge patches, differences and what a running twin can take."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scene_manager.domain.patch import LIVE, differences, merged, with_live
from twin_common.definition import parse_twin

RFC_7396: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]
"""The examples of the standard's appendix."""

values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from("abc"), values, max_size=3)


def values_of(extra: str = "") -> dict[str, Any]:
    text = f"name: p\nscene: {{uri: s.usda}}\nengine: {{type: mujoco}}\nsync: {{mode: standalone}}\n{extra}"
    result: dict[str, Any] = json.loads(parse_twin(text).canonical_json())
    return result


@pytest.mark.parametrize(("target", "patch", "result"), RFC_7396)
def test_the_examples_of_the_standard_hold(target: Any, patch: Any, result: Any) -> None:
    assert merged(target, patch) == result


@given(objects, objects)
def test_a_patch_applied_twice_is_applied_once_and_changes_neither_side(
    target: dict[str, Any], patch: dict[str, Any]
) -> None:
    before = json.dumps([target, patch])
    once = merged(target, patch)
    assert merged(once, patch) == once
    assert json.dumps([target, patch]) == before


@given(objects, objects)
def test_two_values_differ_somewhere_or_are_equal(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert bool(differences(one, other)) == (
        json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True)
    )
    assert differences(one, other) == differences(other, one)


def test_differences_are_named_as_people_write_paths() -> None:
    other = values_of("tags: [a]\nmetadata: {x: {y: 1}}\n")
    other["engine"]["config"]["substeps"] = 2
    assert differences(values_of(), other) == ("engine.config.substeps", "metadata", "tags")


def test_a_number_that_becomes_a_truth_is_a_difference() -> None:
    assert differences({"a": 1}, {"a": True}) == ("a",)


@pytest.mark.parametrize("path", LIVE, ids=".".join)
def test_what_a_running_twin_can_take_is_taken_and_nothing_else(path: tuple[str, ...]) -> None:
    active, wanted = values_of(), values_of()
    inner = wanted
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = "something else"
    wanted["sync"]["rate_hz"] = 60
    taken = with_live(active, wanted)
    assert differences(active, taken) != ()
    assert differences(taken, wanted) == ("sync.rate_hz",)
    assert active == values_of()
