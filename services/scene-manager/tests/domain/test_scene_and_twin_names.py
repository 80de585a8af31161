"""Names, references, seeds and scene files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scene_manager.domain.engines import EnginePolicy
from scene_manager.domain.identity import aggregate_id, check_twin_name, is_uuid, seed_of
from scene_manager.domain.scene import SceneFile, check_scene_name
from scene_manager.errors import Refused


@given(st.from_regex(r"[a-z0-9-]{1,63}", fullmatch=True))
def test_every_accepted_name_is_a_name_and_not_a_reference_of_another_kind(name: str) -> None:
    try:
        check_twin_name(name)
    except Refused:
        assert name.startswith("twin-") or is_uuid(name)
    else:
        assert not is_uuid(name)


@pytest.mark.parametrize(
    "name",
    ["", "Pendulum", "a.b", "a/b", "twin-a", "a" * 64, "a\n", "ä", "0199aaaa-0000-7000-8000-000000000001"],
)
def test_a_bad_twin_name_is_refused_with_the_field(name: str) -> None:
    with pytest.raises(Refused) as refused:
        check_twin_name(name)
    assert (refused.value.code, refused.value.field) == ("invalid_name", "name")


@pytest.mark.parametrize("name", ["", "-a", "../a", "a/b", "A", "a" * 64, "a\n"])
def test_a_bad_scene_name_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="scene name"):
        check_scene_name(name)


@pytest.mark.parametrize(
    ("digest", "file", "size", "code"),
    [
        ("AB" * 32, "a.usda", 1, "invalid_digest"),
        ("ab" * 31, "a.usda", 1, "invalid_digest"),
        ("ab" * 32, "../a.usda", 1, "invalid_file"),
        ("ab" * 32, "a.obj", 1, "invalid_file"),
        ("ab" * 32, ".usda", 1, "invalid_file"),
        ("ab" * 32, "a\n.usda", 1, "invalid_file"),
        ("ab" * 32, "a.usda", 0, "invalid_size"),
        ("ab" * 32, "a.usda", 101, "scene_too_large"),
    ],
)
def test_a_bad_scene_file_is_refused(digest: str, file: str, size: int, code: str) -> None:
    with pytest.raises(Refused) as refused:
        SceneFile(digest, file, size).check(100)
    assert refused.value.code == code


@given(st.uuids(), st.uuids())
def test_a_repeated_command_means_the_same_twin_and_another_one_another(
    first: object, second: object
) -> None:
    assert aggregate_id(str(first)) == aggregate_id(str(first))
    assert (aggregate_id(str(first)) == aggregate_id(str(second))) == (first == second)
    assert 0 <= seed_of(aggregate_id(str(first))) < 2**63


def test_a_refused_engine_is_told_what_there_is() -> None:
    engines = EnginePolicy(
        installed=frozenset({"mujoco", "pybullet"}), enabled=frozenset({"mujoco", "gazebo"})
    )
    engines.check("mujoco")
    for engine, code in (
        ("gazebo", "unknown_engine"),
        ("pybullet", "engine_disabled"),
        ("bullet9", "unknown_engine"),
    ):
        with pytest.raises(Refused, match="available: mujoco") as refused:
            engines.check(engine)
        assert (refused.value.code, refused.value.field) == (code, "engine.type")
