"""Uploads that can't become a scene: a typed problem, and nothing is left anywhere."""

import asyncio
import hashlib

import pytest
from scenes_support.studio import BROKEN, SCENE, folders, tar_with_link, zipped

BOUNDARY = {"content-type": "multipart/form-data; boundary=x"}


@pytest.fixture
async def untouched(studio):
    """What is stored and lies around before is all that is stored and lies around after."""
    blobs, before = await studio.blob_count(), folders()
    yield
    assert await studio.blob_count() == blobs
    assert folders() == before
    assert (await studio.call("GET", "/v1/scenes")).json()["items"] == []


CONTENTS = [
    (b"", "a.usda", "empty_upload", 422),
    (b"hello", "a.txt", "unsupported_file", 422),
    (b"hello", "a.usda", "wrong_content", 422),
    (b"PK\x03\x04", "a.zip", "broken_archive", 422),
    (zipped({"../evil.usda": SCENE}), "a.zip", "unsafe_name", 422),
    (zipped({"/evil.usda": SCENE}), "a.zip", "unsafe_name", 422),
    (zipped({"a.usda": SCENE, "A.usda": SCENE}), "a.zip", "duplicate_name", 422),
    (zipped({"a.usda": SCENE, "b.usda": SCENE}), "c.zip", "no_root", 422),
    (zipped({"a.usda": SCENE, "more.zip": zipped({})}), "a.zip", "nested_archive", 422),
    (zipped({"a.usda": SCENE, "zeros": bytes(3_000_000)}), "a.zip", "upload_too_large", 413),
    (tar_with_link(), "a.tar.gz", "special_file", 422),
    (BROKEN, "a.usda", "invalid_scene", 422),
    (
        SCENE.replace(b'"World"\n{', b'"World" (references = @/etc/a.usda@)\n{'),
        "a.usda",
        "invalid_scene",
        422,
    ),
]


async def test_bad_content_is_a_problem_and_leaves_nothing(studio, untouched):
    for content, filename, code, status in CONTENTS:
        refused = await studio.upload(content=content, filename=filename)
        assert (refused.status_code, refused.json().get("code")) == (status, code), refused.text
        assert refused.json()["remedy"]


async def test_what_cannot_be_simulated_names_the_prim_and_the_remedy(studio, untouched):
    detail = (await studio.upload(content=BROKEN)).json()["detail"]
    assert detail.startswith("/World: ")
    assert "[invalid_scene]" in detail


async def test_a_wrong_name_is_refused(studio, untouched):
    for name in ["Arm", "a/b", "", "x" * 64, "0199aaaa-0000-7000-8000-000000000001", "ä"]:
        refused = await studio.upload(name)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "name"), name


async def test_more_scenes_than_the_quota_are_refused(studio):
    for number in range(5):
        assert (await studio.upload(f"s{number}")).status_code == 201
    blobs = await studio.blob_count()
    refused = await studio.upload("s5", SCENE + b"\n")
    assert (refused.status_code, refused.json()["code"]) == (409, "quota_exceeded")
    assert await studio.blob_count() == blobs


FIELDS = [
    ({"name": "a", "colour": "red"}, {"file": ("a.usda", SCENE)}, "colour"),
    ({}, {"file": ("a.usda", SCENE)}, "name"),
    ({"name": "a"}, {"other": ("a.usda", SCENE)}, "file"),
    ({"name": "a"}, [("file", ("a.usda", SCENE)), ("file", ("b.usda", SCENE))], "file"),
    ({"name": "a"}, [("file", ("a.usda", SCENE)), ("files", ("b.usda", SCENE))], "file"),
    ({"name": "a", "uses": "["}, {"file": ("a.usda", SCENE)}, "uses"),
    ({"name": "a", "uses": "[" * 50_000}, {"file": ("a.usda", SCENE)}, "uses"),
    ({"name": "a", "uses": '{"x": "part"}'}, {"file": ("a.usda", SCENE)}, "uses.x"),
    ({"name": "a", "note": "x" * 2001}, {"file": ("a.usda", SCENE)}, "note"),
    ({"name": "a", "note": "x" * 100_001}, {"file": ("a.usda", SCENE)}, "note"),
]


async def test_a_wrong_field_is_named(studio, untouched):
    for data, files, field in FIELDS:
        refused = await studio.call("POST", "/v1/scenes", data=data, files=files)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request"), refused.text
        assert field in [error["field"] for error in refused.json()["errors"]]


BODIES = [
    ({"content-type": "text/plain"}, b"x", "unsupported_media_type", 415),
    ({"content-type": "multipart/form-data"}, b"x", "bad_request", 400),
    (BOUNDARY, b"nothing of the kind", "bad_request", 400),
    (BOUNDARY, b"--x\r\nContent-Disposition: form-data\r\n\r\nv\r\n--x--\r\n", "bad_request", 400),
    (BOUNDARY, b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\narm', "incomplete_body", 400),
    (BOUNDARY, b"--x\r\n" + b"H: " + b"v" * 9000 + b"\r\n\r\n", "bad_request", 400),
    (
        BOUNDARY,
        b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n\xff\r\n--x--\r\n',
        "invalid_request",
        422,
    ),
    ({"content-type": "application/json"}, b"{}", "invalid_request", 422),
    ({"content-type": "application/json"}, b"{", "invalid_json", 400),
]


async def test_a_body_that_is_no_upload_is_refused(studio, untouched):
    for headers, body, code, status in BODIES:
        refused = await studio.call("POST", "/v1/scenes", content=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text


async def test_who_may_only_read_uploads_nothing(studio, untouched):
    assert (await studio.upload(role="twin-viewer")).status_code == 403
    assert (await studio.client.post("/v1/scenes", files={"file": ("a.usda", SCENE)})).status_code == 401


async def test_a_link_for_too_large_a_file_is_refused(studio):
    digest = hashlib.sha256(SCENE).hexdigest()
    refused = await studio.call("POST", "/v1/scenes/uploads", json={"digest": digest, "size": 2_000_001})
    assert (refused.status_code, refused.json()["code"]) == (413, "scene_too_large")
    for wrong in (
        {"digest": "x", "size": 1},
        {"digest": digest, "size": 0},
        {"digest": digest.upper(), "size": 1},
    ):
        assert (await studio.call("POST", "/v1/scenes/uploads", json=wrong)).status_code == 422


async def test_two_uploads_at_once_are_two_versions(studio):
    answers = await asyncio.gather(*(studio.upload(content=SCENE + b"\n" * number) for number in range(4)))
    assert sorted(answer.json()["version"] for answer in answers) == [1, 2, 3, 4]
