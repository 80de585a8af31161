"""A TCP proxy that can fail: a process of its own, which knows nothing of the platform.

    python proxy.py LINK... < commands

It listens on a free port of loopback for each link, and prints one JSON object with the ports. Then it reads one JSON
object for each line of its input, does it, and answers with a line; it ends with its input. Commands name links:

    {"links": ["a"], "to": ["127.0.0.1", 9092]}                where the link leads
    {"links": ["a"], "mode": "pass"}                           bytes go through
    {"links": ["a"], "mode": "cut"}                            every connection is reset, new ones, too
    {"links": ["a"], "mode": "hole"}                           connections stay and open, no byte goes through;
                                                               what their senders reset meanwhile is lost
    {"links": ["a"], "mode": "slow", "delay_s": 0.1}           every chunk waits so long, each way
    {"links": ["a"], "mode": "shuffle", "delay_s": 0.2, "seed": 1}   MQTT messages to the client come twice or late
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from faulting.environment.mqtt import Packets, is_message

_CHUNK = 65536
_RESET = struct.pack("ii", 1, 0)
_SHARE = 0.2
"""Of the messages that pass while a link shuffles: so many are doubled, and as many are held back."""


class Link:
    """One address of ours and where it leads."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.to: tuple[str, int] | None = None
        self.mode = "pass"
        self.delay_s = 0.0
        self.dice = random.Random(name)
        self.open = asyncio.Event()
        self.open.set()
        self.writers: set[asyncio.StreamWriter] = set()
        self.shuffled = 0

    def set(self, mode: str, delay_s: float, seed: int) -> None:
        """Fail in this way from now on, or not any more."""
        self.mode, self.delay_s, self.dice = mode, delay_s, random.Random(seed)
        if mode == "hole":
            self.open.clear()
        else:
            self.open.set()
        if mode == "cut":
            for writer in list(self.writers):
                reset(writer)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        ends = {writer}
        self.writers.add(writer)
        try:
            await self.open.wait()
            if self.mode == "cut" or self.to is None:
                reset(writer)
                return
            upstream, onward = await asyncio.open_connection(*self.to)
            ends.add(onward)
            self.writers.add(onward)
            await asyncio.gather(
                self._pump(reader, onward, to_client=False), self._pump(upstream, writer, to_client=True)
            )
        except (OSError, RuntimeError):  # the second is uvloop's, for writing where somebody has just hung up
            reset(writer)  # nobody listens there: the client shall see the same
        finally:
            self.writers -= ends
            for each in ends:
                each.close()

    async def _pump(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, to_client: bool
    ) -> None:
        packets = Packets() if to_client and self.name.startswith("mosquitto") else None
        while data := await source.read(_CHUNK):
            await self.open.wait()
            if (gone := source.exception()) is not None:
                raise gone  # nobody sends again what the hole has swallowed of it
            if self.mode == "slow":
                await asyncio.sleep(self.delay_s)
            if packets is None:
                target.write(data)
            else:
                for packet in packets.feed(data):
                    self._send(target, packet)
            await target.drain()
        with suppress(OSError, RuntimeError):
            target.write_eof()

    def _send(self, target: asyncio.StreamWriter, packet: bytes) -> None:
        luck = self.dice.random() if self.mode == "shuffle" and is_message(packet) else 1.0
        if luck >= _SHARE:
            target.write(packet)
        if luck < 2 * _SHARE:
            self.shuffled += 1
            asyncio.get_running_loop().call_later(
                self.dice.uniform(0, self.delay_s), self._later, target, packet
            )

    def _later(self, target: asyncio.StreamWriter, packet: bytes) -> None:
        if not target.is_closing():
            target.write(packet)


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with RST."""
    if not writer.transport.is_closing():
        with suppress(OSError, ValueError):  # it may be closed by the other side
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        writer.transport.abort()


def obey(links: dict[str, Link], command: dict[str, Any]) -> dict[str, int]:
    """Carry out a command; returns how many messages each link has doubled or held back so far."""
    for name in command["links"]:
        link = links[name]
        if "to" in command:
            host, port = command["to"]
            link.to = (str(host), int(port))
        if "mode" in command:
            link.set(command["mode"], float(command.get("delay_s", 0.0)), int(command.get("seed", 0)))
    return {name: links[name].shuffled for name in command["links"]}


async def commands() -> asyncio.StreamReader:
    """This process's input, line by line."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    return reader


async def main(names: list[str]) -> None:
    links = {name: Link(name) for name in names}
    servers = {name: await asyncio.start_server(link.accept, "127.0.0.1", 0) for name, link in links.items()}
    say({name: server.sockets[0].getsockname()[1] for name, server in servers.items()})
    async for line in lines(await commands()):
        say(obey(links, json.loads(line)))


async def lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while line := await reader.readline():
        yield line


def say(answer: dict[str, int]) -> None:
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(sys.argv[1:]))
