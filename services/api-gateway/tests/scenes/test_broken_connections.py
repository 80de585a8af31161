"""Uploads over a real connection that breaks, or announces too much."""

import asyncio
import contextlib

import pytest
import uvicorn
from scenes_support.studio import SCENE, folders, until

PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.usda"\r\n\r\n' + SCENE


@pytest.fixture
async def port(studio):
    """Where the gateway listens."""
    config = uvicorn.Config(studio.app, port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve())
    await until(lambda: server.started)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


async def begun(studio, port, *headers):
    """A connection whose request has its headers sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    token = studio.issuer.token(org="acme", actor="ann", role="twin-admin")
    lines = [
        "POST /v1/scenes HTTP/1.1", "Host: gateway", f"Authorization: Bearer {token}",
        "Content-Type: multipart/form-data; boundary=x", *headers,
    ]  # fmt: skip
    writer.write("\r\n".join([*lines, "", ""]).encode())
    await writer.drain()
    return reader, writer


async def settled(before):
    """Wait until no upload lies on the disk that didn't before."""
    await until(lambda: folders() == before)


@pytest.mark.parametrize("cut", ["dropped", "half-closed"])
async def test_half_an_upload_leaves_nothing(studio, port, cut):
    before, blobs = folders(), await studio.blob_count()
    reader, writer = await begun(studio, port, "Content-Length: 100000")
    writer.write(PART)
    await writer.drain()
    await until(lambda: folders() != before)  # it is being read
    if cut == "dropped":
        writer.transport.abort()
    else:
        writer.write_eof()
        with contextlib.suppress(ConnectionError):
            await reader.read()
    await settled(before)
    writer.close()
    assert await studio.blob_count() == blobs
    assert (await studio.call("GET", "/v1/scenes")).json()["items"] == []


async def test_a_gigabyte_is_refused_when_it_is_announced(studio, port):
    reader, writer = await begun(studio, port, "Content-Length: 1000000000")
    answer = await asyncio.wait_for(reader.readline(), 20)
    assert b" 413 " in answer
    writer.close()


async def test_a_gigabyte_that_is_not_announced_is_refused_at_the_limit(studio, port):
    before = folders()
    reader, writer = await begun(studio, port, "Transfer-Encoding: chunked")
    sent, piece = 0, b"%x\r\n%s\r\n" % (1_000_000, b"y" * 1_000_000)
    writer.write(b"%x\r\n%s\r\n" % (len(PART), PART))
    answer = asyncio.ensure_future(reader.readline())
    with contextlib.suppress(ConnectionError):
        while sent < 1_000 and not answer.done():
            writer.write(piece)
            await writer.drain()
            sent += 1
    assert b" 413 " in await asyncio.wait_for(answer, 20)
    assert sent < 200, "megabytes; the limit is 64"
    writer.close()
    await settled(before)
