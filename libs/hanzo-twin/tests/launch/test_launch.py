from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hanzo_twin.bus import Twins
from hanzo_twin.definition import TwinFile, read_twin_file
from hanzo_twin.errors import TwinDiffers
from hanzo_twin.launch import launch
from twin_common.blobs import MemoryBlobs
from twin_schemas.records import Desired

EXAMPLE = Path(__file__).parents[4] / "examples" / "pendulum"


def file_in(folder: Path, *, scene: str = "#usda 1.0\n", rate: str = "30") -> TwinFile:
    (folder / "scene.usda").write_text(scene)
    (folder / "twin.yaml").write_text(
        (EXAMPLE / "twin.yaml").read_text().replace("rate_hz: 30", f"rate_hz: {rate}")
    )
    return read_twin_file(folder / "twin.yaml", {})


async def test_a_new_twin_gets_its_scene_stored_then_is_created_and_started(
    twins: Twins, plane: Any, tmp_path: Path
) -> None:
    blobs = MemoryBlobs()
    launched = await launch(twins, file_in(tmp_path), blobs.put)
    assert plane.received == ["RegisterSceneVersion", "CreateTwin", "StartTwin"]
    assert await blobs.get(launched.spec.scene_digest) == b"#usda 1.0\n"
    assert (launched.attached, launched.spec.desired, launched.spec.scene_version) == (
        False,
        Desired.RUNNING,
        3,
    )


async def test_a_running_twin_with_the_same_definition_is_attached_to(
    twins: Twins, plane: Any, tmp_path: Path
) -> None:
    blobs = MemoryBlobs()
    first = await launch(twins, file_in(tmp_path), blobs.put)
    plane.received.clear()
    again = await launch(twins, file_in(tmp_path), blobs.put)
    assert (again.attached, again.spec.twin, plane.received) == (True, first.spec.twin, [])


async def test_a_stopped_twin_is_started_again(twins: Twins, plane: Any, tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    launched = await launch(twins, file_in(tmp_path), blobs.put)
    await twins.stop(launched.spec.twin)
    again = await launch(twins, file_in(tmp_path), blobs.put)
    assert (again.attached, again.spec.desired) == (True, Desired.RUNNING)
    assert plane.received[-1] == "StartTwin"


@pytest.mark.usefixtures("plane")
async def test_another_definition_under_the_same_name_is_refused_by_what_differs(
    twins: Twins, tmp_path: Path
) -> None:
    blobs = MemoryBlobs()
    await launch(twins, file_in(tmp_path), blobs.put)
    with pytest.raises(TwinDiffers, match=r"'pendulum' already, and sync differ.*hanzo-twin delete pendulum"):
        await launch(twins, file_in(tmp_path, rate="15"), blobs.put)


@pytest.mark.usefixtures("plane")
async def test_another_scene_under_the_same_name_is_refused(twins: Twins, tmp_path: Path) -> None:
    blobs = MemoryBlobs()
    await launch(twins, file_in(tmp_path), blobs.put)
    with pytest.raises(TwinDiffers, match="the scene file differ"):
        await launch(twins, file_in(tmp_path, scene="#usda 1.0\n# other\n"), blobs.put)
