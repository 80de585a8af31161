from __future__ import annotations

from pathlib import Path

import pytest

from hanzo_twin.definition import read_twin_file
from twin_common.errors import DefinitionError

PENDULUM = Path(__file__).parents[4] / "examples" / "pendulum" / "twin.yaml"


def copied(folder: Path, old: str = "", new: str = "") -> Path:
    (folder / "scene.usda").write_text("#usda 1.0\n")
    path = folder / "twin.yaml"
    path.write_text(PENDULUM.read_text().replace(old, new) if old else PENDULUM.read_text())
    return path


def test_the_example_reads_with_its_broker_from_the_surroundings() -> None:
    file = read_twin_file(PENDULUM, {"HANZO_TWIN_MQTT_DEFAULT_BROKER": "mqtt://127.0.0.1:4711"})
    assert file.definition.sync.sources[0].broker == "mqtt://127.0.0.1:4711"  # type: ignore[union-attr]
    assert file.scene == PENDULUM.parent / "scene.usda"


def test_a_wrong_value_is_refused_with_its_path_and_line(tmp_path: Path) -> None:
    path = copied(tmp_path, "rate_hz: 30", "rate_hz: fast")
    with pytest.raises(DefinitionError, match=r"sync\.rate_hz: must be a number.*\(line 14\)"):
        read_twin_file(path, {})


def test_a_missing_scene_is_refused_with_the_place_that_was_looked_at(tmp_path: Path) -> None:
    path = copied(tmp_path, "scene.usda", "gone.usda")
    with pytest.raises(DefinitionError, match=r"scene\.uri: there is no file .*gone\.usda  \(line 5\)"):
        read_twin_file(path, {})


def test_a_scene_that_is_no_usd_file_is_refused(tmp_path: Path) -> None:
    path = copied(tmp_path, "uri: scene.usda", "uri: twin.yaml")
    with pytest.raises(DefinitionError, match="is not a USD file"):
        read_twin_file(path, {})


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"nowhere\.yaml: can't be read"):
        read_twin_file(tmp_path / "nowhere.yaml", {})
