"""Engines that are switched off."""

from __future__ import annotations

import pytest

from scene_manager.settings import installed_engines
from scene_manager.testing.caller import Caller
from twin_common.settings import Settings
from twin_schemas.records.create_twin import CreateTwin
from twin_schemas.records.register_scene_version import RegisterSceneVersion

YAML = "name: p\nscene: {uri: s.usda}\nengine: {type: mujoco}\nsync: {mode: standalone}\n"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """No engine at all."""
    mujoco = settings.engines.mujoco.model_copy(update={"enabled": False})
    return settings.model_copy(update={"engines": settings.engines.model_copy(update={"mujoco": mujoco})})


async def test_a_disabled_engine_is_refused_and_the_message_says_by_which_setting(caller: Caller) -> None:
    await caller.accepted(RegisterSceneVersion("arm", "ab" * 32, "arm.usda", 10))
    refused = await caller.refused(CreateTwin(YAML, "arm"))
    assert (refused.code, refused.field) == ("engine_disabled", "engine.type")
    assert "engines.mujoco.enabled" in refused.message


def test_the_installed_engines_are_known_without_importing_them() -> None:
    assert "mujoco" in installed_engines()
