"""The proxy fails as it is told to, and only so."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from faulting.environment.mqtt import Packets, is_message
from faulting.environment.network import proxy
from faulting.environment.proxy import reset

CONNACK = b"\x20\x02\x00\x00"


def message(number):
    """An MQTT PUBLISH, QoS 0."""
    return bytes([0x30, 2 + 1 + 2, 0, 1]) + b"t" + number.to_bytes(2, "big")


@asynccontextmanager
async def served(serve, link="kafka"):
    """A server behind a proxy."""

    async def handle(reader, writer):
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server, proxy([link]) as network:
        await network.aim([link], *server.sockets[0].getsockname())
        yield network, network.address(link).split(":")


async def echo(reader, writer):
    while data := await reader.read(1000):
        writer.write(data)


async def said(reader, length, seconds=5.0):
    async with asyncio.timeout(seconds):
        return await reader.readexactly(length)


async def test_what_is_sent_arrives():
    async with served(echo) as (_, at):
        reader, writer = await asyncio.open_connection(*at)
        writer.write(b"hello")
        assert await said(reader, 5) == b"hello"
        writer.close()


async def test_a_cut_resets_connections_and_new_ones_until_it_is_healed():
    async with served(echo) as (network, at):
        reader, writer = await asyncio.open_connection(*at)
        writer.write(b"a")
        await said(reader, 1)
        await network.fail(["kafka"], "cut")
        with pytest.raises(ConnectionResetError):
            await said(reader, 1)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            again, other = await asyncio.open_connection(*at)
            other.write(b"b")
            await said(again, 1)
        await network.heal()
        reader, writer = await asyncio.open_connection(*at)
        writer.write(b"c")
        assert await said(reader, 1) == b"c"
        writer.close()


async def test_a_hole_swallows_nothing_for_good():
    async with served(echo) as (network, at):
        reader, writer = await asyncio.open_connection(*at)
        await network.fail(["kafka"], "hole")
        writer.write(b"waits")
        with pytest.raises(TimeoutError):
            await said(reader, 5, seconds=0.3)
        await network.heal()
        assert await said(reader, 5) == b"waits"
        writer.close()


async def test_but_what_its_sender_takes_back():
    heard = asyncio.Queue()

    async def hear(reader, writer):
        while data := await reader.read(1000):
            heard.put_nowait(data)

    async with served(hear) as (network, at):
        for word in (b"lost", b"told"):
            _, writer = await asyncio.open_connection(*at)
            await network.fail(["kafka"], "hole")
            writer.write(word)
            await asyncio.sleep(0.1)
            reset(writer) if word == b"lost" else None
            await asyncio.sleep(0.1)
            await network.heal()
        assert await asyncio.wait_for(heard.get(), 5) == b"told"
        writer.close()


async def test_a_shuffled_link_doubles_and_delays_messages_and_nothing_else():
    sent = [message(number) for number in range(200)]

    async def publish(reader, writer):
        await reader.read(1)
        writer.write(b"".join([CONNACK, *sent]))
        await reader.read(1)

    async with served(publish, "mosquitto") as (network, at):
        await network.fail(["mosquitto"], "shuffle", delay_s=0.05, seed=1)
        reader, writer = await asyncio.open_connection(*at)
        writer.write(b"x")
        packets, found = Packets(), []
        while len(set(found)) < 201 or len(found) == len(set(found)):
            async with asyncio.timeout(5):
                found += packets.feed(await reader.read(1000))
        writer.close()
        counted = await network.heal()
    assert found[0] == CONNACK
    assert found.count(CONNACK) == 1
    assert set(found[1:]) == set(sent)
    assert [each for each in found if is_message(each)] != sent
    assert counted["mosquitto"] > 20


def test_packets_are_found_in_whatever_pieces_they_come():
    long = bytes([0x30, 0x80 | 72, 2]) + bytes(328)
    stream = CONNACK + long + message(1)
    for size in (1, 2, 3, 7, 400):
        packets = Packets()
        pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
        assert [each for piece in pieces for each in packets.feed(piece)] == [CONNACK, long, message(1)]


async def test_the_proxy_ends_with_its_input():
    async with proxy(["kafka"]) as network:
        process = network._process
    assert process.returncode == 0
