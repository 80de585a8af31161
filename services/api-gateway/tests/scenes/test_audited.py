"""Every accepted change of scenes and twins is in the audit log once, and every denial, too."""

from collections import Counter

from scenes_support.studio import part, until

YAML = {"content-type": "application/yaml"}
TWIN = "name: p\nscene: {uri: 'scene:arm'}\nengine: {type: mujoco}\nsync: {mode: standalone}\n"


async def audited(studio, count):
    """Every row of the log once it has so many, and a moment later, as nobody writes more."""
    rows = []

    async def enough():
        rows[:] = (await studio.call("GET", "/v1/audit?limit=500")).json()["items"]
        return len(rows) >= count

    await until(enough)
    await studio.app.state.engine.audit.drain(10)
    await enough()
    return Counter((row["action"], row["allowed"], row["source"]) for row in rows)


async def test_changes_of_scenes_are_noted_once_by_their_owner(studio, using):
    (proposal,) = using["proposals"]  # after three uploads
    path = f"/v1/scenes/cell/proposals/{proposal['id']}"
    assert (await studio.call("POST", path, json={"accept": True})).status_code == 200
    assert (await studio.upload("part", part(2), "part.usda")).status_code == 200  # is there already
    await studio.upload("arm")
    assert (await studio.call("DELETE", "/v1/scenes/arm/versions/1")).status_code == 204
    assert (await studio.call("DELETE", "/v1/scenes/cell")).status_code == 204
    assert await audited(studio, 7) == {
        ("scenes.upload", True, "scene-manager"): 5,
        ("scenes.delete", True, "scene-manager"): 2,
    }


async def test_changes_of_twins_are_noted_once_by_their_owner_and_denials_by_whoever_denies(studio):
    await studio.upload()
    assert (await studio.call("POST", "/v1/twins", content=TWIN, headers=YAML)).status_code == 201
    assert (await studio.call("POST", "/v1/twins/p/start")).status_code == 200
    assert (await studio.call("POST", "/v1/twins/p/start", role="twin-viewer")).status_code == 403
    assert (await studio.call("DELETE", "/v1/scenes/arm", role="twin-viewer")).status_code == 403
    assert (await studio.call("DELETE", "/v1/twins/p")).status_code == 204
    assert await audited(studio, 6) == {
        ("scenes.upload", True, "scene-manager"): 1,
        ("twins.create", True, "scene-manager"): 1,
        ("twins.start", True, "scene-manager"): 1,
        ("twins.start", False, "api-gateway"): 1,
        ("scenes.delete", False, "api-gateway"): 1,
        ("twins.delete", True, "scene-manager"): 1,
    }
