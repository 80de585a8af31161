"""Fewer, fuller writes to one connection."""

import asyncio
from typing import Final, Protocol

_MOST: Final = 8
"""Packets; the first of them doesn't wait for more of a long turn than this."""


class Transport(Protocol):
    """Where bytes go."""

    def write(self, data: bytes) -> None:
        """Send, now or as soon as there is room."""
        ...

    def get_write_buffer_size(self) -> int:
        """Bytes that wait for room."""
        ...


class GatheredWrites:
    """What is written within one turn of the event loop leaves together: a system call and a wake-up of the broker
    for several packets.
    """

    def __init__(self, transport: Transport) -> None:
        """Begin with nothing. Belongs to the running event loop."""
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._packets: list[bytes] = []

    def write(self, packet: bytes) -> None:
        """Send a packet, at the end of this turn at the latest."""
        packets = self._packets
        packets.append(packet)
        if len(packets) >= _MOST:
            self._send()
        elif len(packets) == 1:
            self._loop.call_soon(self._send)

    def backlog(self) -> int:
        """Bytes that the connection has no room for yet."""
        return self._transport.get_write_buffer_size()

    def _send(self) -> None:
        packets = self._packets
        if packets:
            self._transport.write(packets[0] if len(packets) == 1 else b"".join(packets))
            packets.clear()
