"""Deleting and checking scenes, and versions that suggest themselves."""

import json

from scenes_support.studio import USING, part, until, zipped


async def gone(studio, digest):
    """Wait until a blob isn't stored any more."""

    async def looked():
        return not await studio.blobs.exists(digest)

    await until(looked)


async def test_a_deleted_version_is_gone_with_its_file_and_its_number(studio):
    first = (await studio.upload()).json()
    await studio.upload(content=part(2))
    deleted = await studio.call("DELETE", "/v1/scenes/arm/versions/1?reason=wrong")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await studio.call("GET", "/v1/scenes/arm/versions/1")).status_code == 404
    await gone(studio, first["digest"])
    assert (await studio.upload()).json()["version"] == 3


async def test_a_deleted_scene_is_gone(studio):
    await studio.upload()
    assert (await studio.call("DELETE", "/v1/scenes/arm")).status_code == 204
    assert (await studio.call("GET", "/v1/scenes")).json()["items"] == []
    again = await studio.call("DELETE", "/v1/scenes/arm")
    assert (again.status_code, again.json()["code"]) == (404, "scene_not_found")


async def test_a_file_that_another_organisation_has_too_stays(studio):
    mine = (await studio.upload()).json()
    await studio.upload(org="other")
    assert (await studio.call("DELETE", "/v1/scenes/arm")).status_code == 204
    later = (await studio.upload("later", part(1))).json()
    await studio.call("DELETE", "/v1/scenes/later")
    await gone(studio, later["digest"])  # so the first deletion is done, too
    assert await studio.blobs.exists(mine["digest"])


async def test_a_scene_that_a_twin_uses_stays_and_the_twin_is_named(studio):
    await studio.upload()
    twin = "name: p\nscene: {uri: 'scene:arm'}\nengine: {type: mujoco}\nsync: {mode: standalone}\n"
    made = await studio.call("POST", "/v1/twins", content=twin, headers={"content-type": "application/yaml"})
    assert made.status_code == 201, made.text
    for path in ("/v1/scenes/arm", "/v1/scenes/arm/versions/1"):
        refused = await studio.call("DELETE", path)
        assert (refused.status_code, refused.json()["code"]) == (409, "scene_in_use")
        assert "used by p" in refused.json()["detail"]


async def test_a_version_is_checked_against_an_engine(studio):
    await studio.upload()
    checked = await studio.call("POST", "/v1/scenes/arm/validate", json={"engine": "mujoco"})
    assert checked.status_code == 200, checked.text
    assert checked.json() == {"ok": True, "version": 1, "engine": "mujoco", "findings": []}
    unknown = await studio.call("POST", "/v1/scenes/arm/validate", json={"engine": "bullet9"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_engine")
    missing = await studio.call("POST", "/v1/scenes/arm/validate", json={"engine": "mujoco", "version": 7})
    assert (missing.status_code, missing.json()["code"]) == (404, "scene_not_found")


async def test_a_new_version_of_what_a_scene_uses_proposes_one_of_the_scene(studio, using):
    (proposal,) = using["proposals"]
    assert (proposal["base"], proposal["created_by"]) == (1, "ann")
    assert proposal["note"] == "part 2 instead of 1 at parts/part.usda"
    path = f"/v1/scenes/cell/proposals/{proposal['id']}"
    accepted = await studio.call("POST", path, json={"accept": True, "note": "stronger"})
    assert accepted.status_code == 200, accepted.text
    newest = accepted.json()["versions"][0]
    assert (newest["version"], newest["parent"], newest["note"]) == (2, 1, "stronger")
    assert [(use["scene"], use["version"]) for use in newest["uses"]] == [("part", 2)]
    package = zipped({"root.usda": USING, "parts/part.usda": part(2)})
    again = await studio.upload("cell", package, "cell.zip")
    assert (again.status_code, again.json()["version"]) == (200, 2)
    late = await studio.call("POST", path, json={"accept": False})
    assert (late.status_code, late.json()["code"]) == (409, "proposal_closed")


async def test_a_dismissed_proposal_changes_nothing(studio, using):
    path = f"/v1/scenes/cell/proposals/{using['proposals'][0]['id']}"
    dismissed = await studio.call("POST", path, json={"accept": False})
    assert (dismissed.status_code, dismissed.json()["latest"]) == (200, 1)
    unknown = await studio.call("POST", path[:-4] + "0000", json={"accept": True})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "proposal_not_found")


async def test_a_use_that_is_another_file_is_refused(studio, using):
    package = zipped({"root.usda": USING, "parts/part.usda": part(7)})
    refused = await studio.upload("cell", package, "cell.zip", uses=json.dumps({"parts/part.usda": "part@1"}))
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_uses")
    unknown = await studio.upload("cell", package, "cell.zip", uses=json.dumps({"parts/part.usda": "part@9"}))
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "uses.parts/part.usda")
