"""Lists of twins: filters, pages."""

import pytest


async def names(bed, query=""):
    answer = await bed.get(f"/v1/twins{query}")
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


async def test_filters_narrow_the_list(bed):
    await bed.create("a", tags="east, arm")
    await bed.create("b", tags="east")
    await bed.create("c")
    await bed.post("/v1/twins/c/start")
    assert await names(bed) == ["a", "b", "c"]
    assert await names(bed, "?tag=east") == ["a", "b"]
    assert await names(bed, "?tag=east&tag=arm") == ["a"]
    assert await names(bed, "?phase=starting") == await names(bed, "?status=starting") == ["c"]
    assert await names(bed, "?engine=mujoco&org=acme") == ["a", "b", "c"]
    assert await names(bed, "?engine=gazebo") == []


async def test_pages_go_on_behind_a_name_while_twins_come_and_go(bed):
    for name in "abdef":
        await bed.create(name)
    first = (await bed.get("/v1/twins?limit=2")).json()
    assert [item["name"] for item in first["items"]] == ["a", "b"]
    await bed.create("c")
    await bed.call("DELETE", "/v1/twins/b")
    second = (await bed.get("/v1/twins", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [item["name"] for item in second["items"]] == ["c", "d"]
    last = (await bed.get("/v1/twins", params={"limit": 2, "cursor": second["next_cursor"]})).json()
    assert ([item["name"] for item in last["items"]], last["next_cursor"]) == (["e", "f"], None)


async def test_a_list_leaves_definitions_out(bed):
    await bed.create("a")
    (item,) = (await bed.get("/v1/twins")).json()["items"]
    assert "definition" not in item


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("cursor=%21", "cursor"),
        ("cursor=", "cursor"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("phase=busy", "phase"),
        ("color=red", "color"),
    ],
)
async def test_a_wrong_parameter_is_named(bed, query, field):
    refused = await bed.get(f"/v1/twins?{query}")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert refused.headers["content-type"] == "application/problem+json"
