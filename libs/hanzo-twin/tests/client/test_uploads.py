"""Scenes go in whole: a file, a folder, an archive, through the API or past it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from scripted_api import Api

from hanzo_twin.client import Invalid
from hanzo_twin.client.calls.uploads import upload_scene
from hanzo_twin.client.files import SceneFilesMissing

VERSION = {"id": "s1", "name": "arm", "version": 1, "digest": "d"}


def parts(api: Api, index: int = -1) -> list[tuple[str, str | None, bytes]]:
    """Field, file name and content of every part of a multipart body."""
    head = f"Content-Type: {api.requests[index].headers['content-type']}\r\n\r\n".encode()
    message = message_from_bytes(head + api.bodies[index])
    return [
        (
            str(part.get_param("name", header="content-disposition")),
            part.get_filename(),
            bytes(part.get_payload(decode=True)),  # type: ignore[arg-type]
        )
        for part in message.get_payload()  # type: ignore[union-attr]
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "arm" / "parts").mkdir(parents=True)
    (tmp_path / "arm" / "scene.usda").write_text("#usda 1.0\n")
    (tmp_path / "arm" / "parts" / "upper arm.usda").write_text("#usda 1.0\n# upper\n")
    (tmp_path / "arm" / ".hidden").write_text("not for you")
    (tmp_path / "arm" / "link.usda").symlink_to("/etc/passwd")
    return tmp_path / "arm"


def test_a_file_goes_in_with_its_name_and_note(api: Api, carry: Any, folder: Path) -> None:
    api.says(201, VERSION)
    made = carry(upload_scene(folder / "scene.usda", name="arm", note="first", uses={"/World/R": "robot@2"}))
    assert (made.name, made.version) == ("arm", 1)
    assert parts(api) == [
        ("name", None, b"arm"),
        ("note", None, b"first"),
        ("uses", None, json.dumps({"/World/R": "robot@2"}).encode()),
        ("file", "scene.usda", b"#usda 1.0\n"),
    ]


def test_a_folder_goes_in_by_relative_names_without_hidden_files_and_links(
    api: Api, carry: Any, folder: Path
) -> None:
    api.says(201, VERSION)
    carry(upload_scene(str(folder), name="arm", root="scene.usda"))
    assert parts(api) == [
        ("name", None, b"arm"),
        ("root", None, b"scene.usda"),
        ("files", "scene.usda", b"#usda 1.0\n"),
        ("files", "parts/upper arm.usda", b"#usda 1.0\n# upper\n"),
    ]


def test_every_attempt_sends_the_whole_file(api: Api, carry: Any, folder: Path) -> None:
    api.refuses(503, "broker_away").says(201, VERSION)
    carry(upload_scene(folder / "scene.usda", name="arm"))
    assert parts(api, 0) == parts(api, 1)


def test_progress_is_told_to_the_last_byte(api: Api, carry: Any, folder: Path) -> None:
    api.says(201, VERSION)
    told: list[tuple[int, int]] = []
    carry(upload_scene(folder, name="arm", progress=lambda done, total: told.append((done, total))))
    size = sum(path.stat().st_size for path in (folder / "scene.usda", folder / "parts/upper arm.usda"))
    assert told[-1] == (size, size)
    assert told == sorted(told)


def test_a_big_file_is_put_into_the_store_without_the_token(api: Api, carry: Any, folder: Path) -> None:
    api.says(201, {"url": "http://store.test/blob?signature=s", "method": "PUT", "headers": {"x-a": "b"}})
    api.refuses(503, "slow_down").says(200).says(201, VERSION)
    carry(upload_scene(folder / "scene.usda", name="arm", note="big", big=5))
    content = (folder / "scene.usda").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert api.json(0) == {"digest": digest, "size": 10}
    for put in (1, 2):
        assert api.bodies[put] == content
        assert (api.requests[put].url.host, api.requests[put].headers["x-a"]) == ("store.test", "b")
        assert api.requests[put].headers["content-length"] == "10"
        assert "authorization" not in api.requests[put].headers
    assert api.json(3) == {"name": "arm", "note": "big", "digest": digest, "file": "scene.usda", "size": 10}


def test_a_big_folder_goes_as_one_archive_the_same_each_time(api: Api, carry: Any, folder: Path) -> None:
    api.says(201, {"url": "http://store.test/blob"}).says(200).says(201, VERSION)
    api.says(201, {"url": "http://store.test/blob"}).says(200).says(201, VERSION)
    for _ in range(2):
        carry(upload_scene(folder, name="arm", big=5))
    first, second = api.bodies[1], api.bodies[4]
    assert first == second
    assert zipfile.ZipFile(io.BytesIO(first)).namelist() == ["scene.usda", "parts/upper arm.usda"]
    assert api.json(2)["file"].endswith(".zip")


def test_a_refused_scene_is_said_with_its_reason(api: Api, carry: Any, folder: Path) -> None:
    api.refuses(422, "scene_invalid", detail="no physics scene")
    with pytest.raises(Invalid, match="no physics scene"):
        carry(upload_scene(folder, name="arm"))


@pytest.mark.parametrize("name", ["nowhere", "text.txt", "empty"])
def test_what_is_no_scene_is_said_before_anything_is_sent(
    api: Api, carry: Any, tmp_path: Path, name: str
) -> None:
    (tmp_path / "text.txt").write_text("text")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SceneFilesMissing, match=name):
        carry(upload_scene(tmp_path / name, name="arm"))
    assert api.requests == []
