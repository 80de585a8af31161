"""Creating, reading, changing and deleting twins over HTTP."""

import pytest


async def test_a_created_twin_is_answered_with_its_place_and_tag(bed):
    created = await bed.create("arm", tags="east", headers={"x-request-id": "r-1"})
    assert created.status_code == 201, created.text
    body = created.json()
    assert created.headers["location"] == f"/v1/twins/{body['id']}"
    assert created.headers["etag"].startswith('"1-')
    assert created.headers["x-request-id"] == "r-1"
    assert (body["name"], body["organization"], body["phase"], body["updated_by"]) == (
        "arm",
        "acme",
        "created",
        "ann",
    )
    assert body["definition"]["sync"]["rate_hz"] == 10
    assert body["scene"]["name"] == "arm"


@pytest.mark.parametrize("ref", ["arm", "twin-arm", "id"])
async def test_a_twin_is_found_by_name_alias_and_uuid(bed, ref):
    body = (await bed.create("arm")).json()
    found = await bed.get(f"/v1/twins/{body['id'] if ref == 'id' else ref}")
    assert found.status_code == 200
    assert found.json() == body


async def test_what_was_written_is_read_at_once(bed):
    await bed.create("arm")
    started = await bed.post("/v1/twins/arm/start", json={"reason": "shift"})
    assert (started.status_code, started.json()["phase"], started.json()["revision"]) == (200, "starting", 2)
    assert (await bed.get("/v1/twins/arm")).json() == started.json()
    stopped = await bed.post("/v1/twins/arm/stop")
    assert stopped.json()["phase"] == "stopping"


async def test_a_deleted_twin_is_gone_when_the_answer_comes(bed):
    await bed.create("arm")
    gone = await bed.call("DELETE", "/v1/twins/arm?reason=done")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await bed.get("/v1/twins/arm")).status_code == 404
    assert (await bed.get("/v1/twins")).json()["items"] == []


async def test_a_patch_shows_the_new_definition(bed):
    await bed.create("arm")
    patched = await bed.call("PATCH", "/v1/twins/arm?reason=tidy", json={"tags": ["west"]})
    assert (patched.status_code, patched.json()["tags"]) == (200, ["west"])
    assert bed.owner.commands[-1][1].reason == "tidy"


async def test_the_same_tag_again_is_not_sent_twice(bed):
    etag = (await bed.create("arm")).headers["etag"]
    again = await bed.get("/v1/twins/arm", headers={"if-none-match": f'"0-x", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)


async def test_a_stale_tag_is_refused_with_the_present_revision(bed):
    etag = (await bed.create("arm")).headers["etag"]
    await bed.post("/v1/twins/arm/start")
    refused = await bed.post("/v1/twins/arm/stop", headers={"if-match": etag})
    assert (refused.status_code, refused.json()["code"]) == (412, "revision_conflict")
    assert refused.headers["x-current-revision"] == "2"
    fresh = (await bed.get("/v1/twins/arm")).headers["etag"]
    assert (await bed.post("/v1/twins/arm/stop", headers={"if-match": fresh})).status_code == 200


async def test_a_status_report_is_no_conflict_for_a_tag(bed):
    body = (await bed.create("arm")).json()
    revision_only = f'"{body["revision"]}-somethingelse"'
    assert (await bed.post("/v1/twins/arm/start", headers={"if-match": revision_only})).status_code == 200


async def test_an_organization_sees_only_its_own(bed):
    await bed.create("arm")
    other = await bed.get("/v1/twins/arm", org="rival")
    missing = await bed.get("/v1/twins/leg", org="rival")
    assert other.status_code == missing.status_code == 404
    assert {**other.json(), "request_id": 0} == {
        **missing.json(),
        "request_id": 0,
        "detail": missing.json()["detail"].replace("leg", "arm"),
        "instance": "/v1/twins/arm",
    }
    assert (await bed.get("/v1/twins", org="rival")).json()["items"] == []
    assert (await bed.get("/v1/twins?org=acme", org="rival")).json()["items"] == []
    assert (await bed.post("/v1/twins/arm/start", org="rival")).json()["code"] == "twin_not_found"


async def test_a_json_body_carries_the_definition_as_object_or_text(bed):
    definition = {
        "name": "one",
        "scene": {"uri": "s3://bucket/scenes/arm/arm.usda"},
        "engine": {"type": "mujoco"},
        "sync": {"mode": "standalone", "rate_hz": 1},
    }
    first = await bed.post("/v1/twins", json={"definition": definition, "reason": "try"})
    assert (first.status_code, first.json()["scene"]["name"], first.json()["reason"]) == (201, "arm", "try")
    text = "name: two\nscene: {uri: x.usda}\nengine: {type: mujoco}\nsync: {mode: standalone, rate_hz: 1}\n"
    second = await bed.post("/v1/twins", json={"definition": text, "scene": "leg", "scene_version": 4})
    assert second.json()["scene"] == {"name": "leg", "version": 4, "digest": "9f" * 32, "file": "arm.usda"}


async def test_a_definition_whose_scene_is_a_file_asks_for_the_scenes_name(bed):
    text = "name: two\nscene: {uri: x.usda}\nengine: {type: mujoco}\nsync: {mode: standalone, rate_hz: 1}\n"
    refused = await bed.post("/v1/twins", content=text, headers={"content-type": "application/yaml"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "scene.uri")
    assert bed.owner.commands == []


async def test_a_wrong_definition_names_every_field_and_line(bed):
    text = "name: Arm!\nscene: {uri: 'scene:arm'}\nengine: {type: mujoco}\nsync: {mode: standalone, rate_hz: fast}\n"
    refused = await bed.post("/v1/twins", content=text, headers={"content-type": "application/yaml"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_definition")
    assert [(e["field"], e["line"]) for e in refused.json()["errors"]] == [("name", 1), ("sync.rate_hz", 4)]
