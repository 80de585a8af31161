"""Uploading scenes, and reading them back."""

import hashlib
import json

import httpx
from scenes_support.studio import SCENE, USING, part, zipped


async def test_an_uploaded_file_is_a_version_at_once(studio):
    made = await studio.upload(note="as measured")
    assert made.status_code == 201, made.text
    body = made.json()
    assert (body["name"], body["version"], body["file"], body["size"]) == ("arm", 1, "arm.usda", len(SCENE))
    assert body["digest"] == hashlib.sha256(SCENE).hexdigest()
    assert (body["note"], body["created_by"], body["organization"]) == ("as measured", "ann", "acme")
    assert body["compiled"] == body["model_digest"]
    assert made.headers["location"] == f"/v1/scenes/{body['id']}/versions/1"
    whole = (await studio.call("GET", "/v1/scenes/arm")).json()
    assert (whole["latest"], whole["versions"][0]["digest"]) == (1, body["digest"])
    assert (await studio.call("GET", made.headers["location"])).json() == body
    listed = (await studio.call("GET", "/v1/scenes")).json()
    assert [(item["name"], item["latest"], item["versions"]) for item in listed["items"]] == [("arm", 1, 1)]


async def test_the_same_content_again_is_the_same_version(studio):
    first = await studio.upload()
    again = await studio.upload(note="once more")
    assert (again.status_code, again.json()) == (200, first.json())
    other = await studio.upload(content=part(3.5))
    assert (other.status_code, other.json()["version"], other.json()["parent"]) == (201, 2, 1)


async def test_a_folder_an_archive_and_files_become_the_same_package(studio):
    files = {"root.usda": USING, "parts/part.usda": part(9)}
    archived = (await studio.upload("a", zipped(files), "a.zip")).json()
    parts = [("files", (name, content)) for name, content in files.items()]
    sent = await studio.call("POST", "/v1/scenes", data={"name": "b"}, files=parts)
    assert sent.status_code == 201, sent.text
    assert sent.json()["digest"] == archived["digest"]
    assert archived["file"] == "root.usdz"


async def test_a_large_file_goes_to_storage_by_link_and_is_completed(studio):
    content = zipped({"root.usda": USING, "parts/part.usda": part(9)})
    announced = {"digest": hashlib.sha256(content).hexdigest(), "size": len(content)}
    link = (await studio.call("POST", "/v1/scenes/uploads", json=announced)).json()
    asked = {"name": "arm", "file": "arm.zip", **announced}
    early = await studio.call("POST", "/v1/scenes", json=asked)
    assert (early.status_code, early.json()["code"]) == (409, "upload_missing")
    async with httpx.AsyncClient() as outside:
        wrong = await outside.put(link["url"], content=b"x" * len(content), headers=link["headers"])
        assert wrong.status_code >= 400
        put = await outside.put(link["url"], content=content, headers=link["headers"])
        assert put.status_code == 200
    made = await studio.call("POST", "/v1/scenes", json=asked)
    assert (made.status_code, made.json()["file"]) == (201, "root.usdz"), made.text
    again = await studio.call("POST", "/v1/scenes", json=asked)
    assert (again.status_code, again.json()) == (200, made.json())


async def test_another_organisations_upload_cannot_be_completed(studio):
    announced = {"digest": hashlib.sha256(SCENE).hexdigest(), "size": len(SCENE)}
    link = (await studio.call("POST", "/v1/scenes/uploads", json=announced)).json()
    async with httpx.AsyncClient() as outside:
        assert (await outside.put(link["url"], content=SCENE, headers=link["headers"])).status_code == 200
    asked = {"name": "arm", "file": "arm.usda", **announced}
    stranger = await studio.call("POST", "/v1/scenes", json=asked, org="other")
    assert stranger.json()["code"] == "upload_missing"


async def test_a_link_gives_the_file_and_the_compiled_model(studio):
    body = (await studio.upload()).json()
    link = (await studio.call("GET", "/v1/scenes/arm/download")).json()
    assert (link["digest"], link["file"], link["size"]) == (body["digest"], "arm.usda", len(SCENE))
    compiled = (await studio.call("GET", "/v1/scenes/arm/download?as=compiled&version=1")).json()
    async with httpx.AsyncClient() as outside:
        assert (await outside.get(link["url"])).content == SCENE
        model = (await outside.get(compiled["url"])).content
    assert hashlib.sha256(model).hexdigest() == body["compiled"]
    assert "bodies" in json.loads(model)
    moved = await studio.call("GET", "/v1/scenes/arm/download?redirect=true")
    assert moved.status_code == 307
    assert moved.headers["location"].startswith(link["url"].partition("?")[0])


async def test_one_idempotency_key_stands_for_one_content(studio):
    key = {"idempotency-key": "k1"}
    first = await studio.upload(headers=key)
    again = await studio.upload(headers=key)
    assert again.json() == first.json()
    other = await studio.upload(content=part(2), headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
    assert (await studio.call("GET", "/v1/scenes/arm")).json()["latest"] == 1


async def test_pages_follow_each_other_by_name(studio):
    for name in ("c", "a", "b"):
        await studio.upload(name)
    first = (await studio.call("GET", "/v1/scenes?limit=2")).json()
    second = (await studio.call("GET", f"/v1/scenes?limit=2&cursor={first['next_cursor']}")).json()
    assert [item["name"] for page in (first, second) for item in page["items"]] == ["a", "b", "c"]
    assert second["next_cursor"] is None
    assert [i["name"] for i in (await studio.call("GET", "/v1/scenes?name=b")).json()["items"]] == ["b"]


async def test_another_organisation_sees_and_names_its_own_scenes(studio):
    await studio.upload()
    assert (await studio.call("GET", "/v1/scenes", org="other")).json()["items"] == []
    for path in ("/v1/scenes/arm", "/v1/scenes/arm/versions/1", "/v1/scenes/arm/download"):
        missing = await studio.call("GET", path, org="other")
        assert (missing.status_code, missing.json()["code"]) == (404, "scene_not_found")
    assert (await studio.upload(org="other")).status_code == 201
