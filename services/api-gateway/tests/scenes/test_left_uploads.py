"""What is left of uploads: nothing once they are versions; else what its own organisation sent, for a while."""

import asyncio
import hashlib
import threading

import httpx
import pytest
from scenes_support.studio import BROKEN, SCENE, USING, part, until, zipped

from api_gateway.handlers import multipart, scene_uploads
from twin_common.blobs import links
from twin_common.bus.envelope import Envelope
from twin_schemas import codec
from twin_schemas.catalogue import topic
from twin_schemas.records import ControlAccepted, ControlRefused, RegisterSceneVersion


def sha256(content):
    return hashlib.sha256(content).hexdigest()


async def sent_by_link(studio, content, **options):
    announced = {"digest": sha256(content), "size": len(content)}
    link = (await studio.call("POST", "/v1/scenes/uploads", json=announced, **options)).json()
    async with httpx.AsyncClient() as outside:
        put = await outside.put(link["url"], content=content, headers=link["headers"])
    assert put.status_code == 200
    return announced


async def test_what_became_a_version_is_no_upload_any_more(studio):
    assert (await studio.upload()).status_code == 201
    package = zipped({"root.usda": USING, "parts/part.usda": part(9)})
    asked = {"name": "cell", "file": "cell.zip", **await sent_by_link(studio, package)}
    assert (await studio.call("POST", "/v1/scenes", json=asked)).status_code == 201
    assert (await studio.upload(note="again")).status_code == 200

    async def nothing_left():
        return not await studio.uploads()

    await until(nothing_left)


async def test_a_refused_upload_becomes_no_blob_and_stays_its_organisations(studio):
    blobs = await studio.blob_count()
    assert (await studio.upload(content=BROKEN)).json()["code"] == "invalid_scene"
    assert await studio.uploads() == [f"acme/{sha256(BROKEN)}"]
    assert await studio.blob_count() == blobs


async def test_a_file_cannot_be_taken_by_its_digest_past_the_gateway(studio, memory_bus):
    made = (await studio.upload(org="other")).json()
    command = RegisterSceneVersion("mine", made["digest"], "mine.usda", made["size"])
    answer = await _asked(studio, memory_bus, command, "acme")
    assert isinstance(answer, ControlRefused)
    assert answer.code == "scene_file_missing"
    answer = await _asked(studio, memory_bus, command, "other")
    assert isinstance(answer, ControlAccepted)


async def _asked(studio, bus, command, org):
    token = studio.issuer.token(org=org, actor="ann", role="twin-admin")
    envelope = Envelope.new(type="RegisterSceneVersion", source="test", org=org, token=token)
    async with await bus.producer() as producer:
        name = topic("control.commands").physical("hanzo.twin")
        await producer.send(name, key=b"mine", value=codec.encode(command), headers=envelope.headers())
    async with asyncio.timeout(30), await bus.reader() as reader:
        await reader.assign(*await reader.partitions(topic("control.events").physical("hanzo.twin")))
        answers = (
            record
            async for record in reader.tail()
            if Envelope.parse(record.headers).causation_id == envelope.id
        )
        return codec.decode((await anext(answers)).value)


async def test_more_uploads_than_may_lie_there_are_refused(studio, monkeypatch):
    monkeypatch.setattr(links, "MAX_UPLOADS", 1)
    await studio.upload(content=BROKEN)
    for refused in (
        await studio.upload(),
        await studio.call("POST", "/v1/scenes/uploads", json={"digest": sha256(SCENE), "size": len(SCENE)}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "quota_exceeded")
    assert (await studio.upload(org="other")).status_code == 201


@pytest.fixture
def one_at_a_time(monkeypatch):
    monkeypatch.setattr(scene_uploads, "AT_ONCE", 1)


async def test_an_upload_too_many_at_once_is_asked_to_come_later(one_at_a_time, studio):
    begun, end = asyncio.Event(), asyncio.Event()

    async def slow():
        yield b"--x\r\n"
        begun.set()
        await end.wait()

    headers = {"content-type": "multipart/form-data; boundary=x"}
    first = asyncio.ensure_future(studio.call("POST", "/v1/scenes", content=slow(), headers=headers))
    await begun.wait()
    second = await studio.upload()
    assert (second.status_code, second.json()["code"]) == (503, "unavailable")
    assert second.headers["retry-after"]
    end.set()
    assert (await first).status_code == 400
    assert (await studio.upload()).status_code == 201


async def test_files_are_written_beside_the_event_loop(studio, monkeypatch):
    threads, write = set(), multipart._Reading._data

    def noted(self, *what):
        threads.add(threading.get_ident())
        write(self, *what)

    monkeypatch.setattr(multipart._Reading, "_data", noted)
    assert (await studio.upload()).status_code == 201
    assert threads
    assert threading.get_ident() not in threads
