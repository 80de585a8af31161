"""Who gets in, and what the others are told."""

import pytest

from twin_schemas.codec import decode


async def audited(bed, count):
    """The first records of the audit log."""
    found = []
    async with await bed.bus.reader() as reader:
        await reader.assign(*await reader.partitions(bed.owner.name("audit.log")))
        while len(found) < count:
            found += [decode(record.value) for record in await reader.poll()]
    return found


async def test_without_a_token_nothing_is_told(bed):
    refused = await bed.client.get("/v1/twins")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert refused.json()["code"] == "unauthenticated"


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer not.a.token"])
async def test_what_proves_nothing_is_refused(bed, header):
    refused = await bed.client.get("/v1/twins", headers={"authorization": header})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")


async def test_a_viewer_reads_and_changes_nothing(bed):
    await bed.create("arm")
    assert (await bed.get("/v1/twins/arm", role="twin-viewer")).status_code == 200
    refused = await bed.post("/v1/twins/arm/start", role="twin-viewer")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await bed.create("leg", role="twin-operator")).status_code == 403


async def test_a_missing_permission_on_anothers_twin_tells_nothing_of_it(bed):
    await bed.create("arm")
    refused = await bed.post("/v1/twins/arm/start", role="twin-viewer", org="rival")
    assert (refused.status_code, refused.json()["code"]) == (404, "twin_not_found")


async def test_a_denial_is_in_the_audit_log(bed):
    await bed.create("arm")
    await bed.post("/v1/twins/arm/start", role="twin-viewer", actor="bob", headers={"x-request-id": "r-9"})
    await bed.call("DELETE", "/v1/twins/leg", role="twin-operator")
    first, second = await audited(bed, 2)
    assert (first.action, first.actor, first.role, first.allowed) == (
        "twins.start",
        "bob",
        "twin-viewer",
        False,
    )
    assert (first.resource, first.code, first.request, first.org) == ("arm", "forbidden", "r-9", "acme")
    assert (second.action, second.code) == ("twins.delete", "twin_not_found")


async def test_whoami_tells_role_and_permissions(bed):
    body = (await bed.get("/v1/whoami", role="twin-viewer")).json()
    assert (body["actor"], body["organization"], body["role"]) == ("ann", "acme", "twin-viewer")
    assert "twins.read" in body["permissions"]
    assert "twins.start" not in body["permissions"]


async def test_a_body_is_not_read_before_the_caller_is_known(bed):
    async def endless():
        raise AssertionError("the body was read")
        yield b""

    refused = await bed.client.post(
        "/v1/twins", content=endless(), headers={"content-type": "application/yaml"}
    )
    assert refused.status_code == 401
