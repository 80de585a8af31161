"""Many pendulums that swing and talk only MQTT. Knows nothing of twins: a program of its own, of the standard library.

Each message goes out at QoS 1. While there is no connection, messages wait, the oldest of too many is dropped; what
hasn't been acknowledged is sent again. A log says of each message when it was made, what it said, and whether the
broker has acknowledged it:

    S <number> <plant> <ns since the Unix epoch> <position>     made
    A <number> <ns since the Unix epoch>                        acknowledged by the broker
    X <number>                                                  dropped here, never acknowledged
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import os
import random
import signal
import struct
import time
from collections import deque
from pathlib import Path
from typing import TextIO

WAITING = 4000
"""Messages that wait for a connection or an acknowledgement, of all plants."""
KEEPALIVE_S = 10
CONNECT, CONNACK, PUBLISH, PUBACK, PINGREQ = 0x10, 0x20, 0x32, 0x40, 0xC0
AGAIN = 0x08


def packet(kind: int, body: bytes) -> bytes:
    """An MQTT packet: kind, length in groups of seven bits, body."""
    length, digits = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes([kind]) + bytes(digits) + body


def text(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack("!H", len(encoded)) + encoded


class Plants:
    """The plants' common way out, and the log of what they sent."""

    def __init__(self, host: str, port: int, log: TextIO) -> None:
        self._host, self._port, self._log = host, port, log
        self._made: deque[tuple[int, bytes]] = deque()
        self._open: dict[int, tuple[int, bytes]] = {}  # by packet id, in order of sending
        self._next_id = 0
        self._news = asyncio.Event()

    def say(self, number: int, topic: str, payload: bytes) -> None:
        """Have a message sent as soon as that is possible."""
        if len(self._made) + len(self._open) >= WAITING and self._made:
            self._log.write(f"X {self._made.popleft()[0]}\n")
        self._made.append((number, text(topic) + b"%s" + payload))
        self._news.set()

    async def keep_sending(self) -> None:
        """Connect, send, and begin again whenever the connection ends."""
        while True:
            with contextlib.suppress(OSError, TimeoutError, EOFError):
                async with asyncio.timeout(3.0):
                    reader, writer = await asyncio.open_connection(self._host, self._port)
                try:
                    await self._talk(reader, writer)
                finally:
                    writer.close()
            await asyncio.sleep(0.2)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = (
            text("MQTT") + bytes([4, 0x02]) + struct.pack("!H", KEEPALIVE_S) + text(f"plants-{os.getpid()}")
        )
        writer.write(packet(CONNECT, hello))
        async with asyncio.timeout(3.0):
            answer = await reader.readexactly(4)
        if answer[0] != CONNACK or answer[3]:
            raise EOFError(f"refused: {answer!r}")
        for identity, (_, body) in self._open.items():
            writer.write(self._packet(PUBLISH | AGAIN, identity, body))
        listening = asyncio.create_task(self._listen(reader))
        try:
            while not listening.done():
                while self._made and len(self._open) < WAITING:
                    number, body = self._made.popleft()
                    identity = self._identity()
                    self._open[identity] = (number, body)
                    writer.write(self._packet(PUBLISH, identity, body))
                self._news.clear()
                async with asyncio.timeout(5.0):  # a connection that takes nothing isn't one
                    await writer.drain()
                try:
                    async with asyncio.timeout(KEEPALIVE_S / 2):
                        await self._news.wait()
                except TimeoutError:
                    writer.write(packet(PINGREQ, b""))
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                async with asyncio.timeout(KEEPALIVE_S):  # there is always something to acknowledge
                    head = await reader.readexactly(2)
                    body = await reader.readexactly(head[1])
                if head[0] == PUBACK:
                    found = self._open.pop(struct.unpack("!H", body[:2])[0], None)
                    if found is not None:
                        self._log.write(f"A {found[0]} {time.time_ns()}\n")
                        self._news.set()
        finally:
            self._news.set()

    def _identity(self) -> int:
        while True:
            self._next_id = self._next_id % 65535 + 1
            if self._next_id not in self._open:
                return self._next_id

    @staticmethod
    def _packet(kind: int, identity: int, body: bytes) -> bytes:
        return packet(kind, body.replace(b"%s", struct.pack("!H", identity), 1))


async def swing(options: argparse.Namespace, log: TextIO) -> None:
    """Publish the state of every plant at the rate, evenly staggered, until told to stop or the parent has gone."""
    plants, dice, parent = Plants(options.host, options.port, log), random.Random(options.seed), os.getppid()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    sending = asyncio.create_task(plants.keep_sending())
    start = time.monotonic()
    for number in range(int(options.seconds * options.rate * options.count)):
        plant, due = number % options.count, number / (options.rate * options.count)
        await asyncio.sleep(max(0.0, start + due - time.monotonic()))
        if stop.is_set() or sending.done() or (number % 100 == 0 and os.getppid() != parent):
            break
        at_ns, position = time.time_ns(), 0.5 * math.sin(4.4 * due + plant) + dice.gauss(0, 0.002)
        velocity = 2.2 * math.cos(4.4 * due + plant) + dice.gauss(0, 0.01)
        reading = {
            "time_ns": at_ns,
            "name": ["hinge"],
            "position": [position],
            "velocity": [velocity],
            "effort": [0.0],
        }
        log.write(f"S {number} {plant} {at_ns} {position!r}\n")
        plants.say(number, f"{options.topic}-{plant}/sensors/joint_states", json.dumps(reading).encode())
        if number % 50 == 0:
            log.flush()
    await asyncio.sleep(0 if sending.done() else 0.5)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=1883)
    parser.add_argument("--topic", default="plant/load")
    parser.add_argument("--count", type=int, default=11)
    parser.add_argument("--rate", type=float, default=30.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--log", type=Path, required=True)
    options = parser.parse_args()
    with options.log.open("w", buffering=65536) as log:
        asyncio.run(swing(options, log))


if __name__ == "__main__":
    main()
