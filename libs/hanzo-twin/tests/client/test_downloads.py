"""A scene comes out whole or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from scripted_api import Api

from hanzo_twin.client import NotFound, Unexpected
from hanzo_twin.client.calls.downloads import download_scene

CONTENT = b"#usda 1.0\n" * 1000


def link(api: Api, digest: str = hashlib.sha256(CONTENT).hexdigest(), file: str = "scene.usda") -> Api:
    api.says(200, {"url": "http://store.test/blob?signature=s", "digest": digest, "file": file, "size": 1})
    api.answers.append(lambda _request: httpx.Response(200, content=CONTENT))
    return api


def test_it_lies_in_the_folder_under_its_own_name(api: Api, carry: Any, tmp_path: Path) -> None:
    link(api)
    assert carry(download_scene("arm", tmp_path)) == tmp_path / "scene.usda"
    assert (tmp_path / "scene.usda").read_bytes() == CONTENT
    assert "authorization" not in api.requests[1].headers


@pytest.mark.parametrize(
    ("file", "saved"), [("../../outside.usda", "outside.usda"), ("..", "arm"), ("", "arm"), ("a/", "a")]
)
def test_a_name_cannot_lead_out_of_the_folder(
    api: Api, carry: Any, tmp_path: Path, file: str, saved: str
) -> None:
    link(api, file=file)
    assert carry(download_scene("arm", tmp_path)) == tmp_path / saved


def test_it_lies_where_one_wants_it(api: Api, carry: Any, tmp_path: Path) -> None:
    link(api)
    carry(download_scene("arm", str(tmp_path / "mine.usda"), version=2))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.usda"]


def test_other_content_than_was_stored_is_thrown_away(api: Api, carry: Any, tmp_path: Path) -> None:
    link(api, digest="0" * 64)
    with pytest.raises(Unexpected, match="load it again"):
        carry(download_scene("arm", tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_link_that_leads_nowhere_leaves_no_file(api: Api, carry: Any, tmp_path: Path) -> None:
    api.says(200, {"url": "http://store.test/blob", "file": "scene.usda"}).says(404)
    with pytest.raises(NotFound, match=r"http://store\.test answers with status 404"):
        carry(download_scene("arm", tmp_path))
    assert list(tmp_path.iterdir()) == []
