"""Packets that leave together."""

import asyncio

from sync_engine.adapters.bridges.mqtt.gathered import GatheredWrites


class Transport:
    def __init__(self):
        self.written = []

    def write(self, data):
        self.written.append(data)

    def get_write_buffer_size(self):
        return 7


async def test_what_is_written_in_one_turn_leaves_together_and_in_order():
    transport = Transport()
    writes = GatheredWrites(transport)
    for packet in (b"a", b"b", b"c"):
        writes.write(packet)
    await asyncio.sleep(0)
    writes.write(b"d")
    await asyncio.sleep(0)
    assert transport.written == [b"abc", b"d"]
    assert writes.backlog() == 7


async def test_a_long_turn_holds_the_first_ones_no_longer_than_the_next_seven():
    transport = Transport()
    writes = GatheredWrites(transport)
    for number in range(20):
        writes.write(b"%d;" % number)
    assert b"".join(transport.written) == b"".join(b"%d;" % number for number in range(16))
    await asyncio.sleep(0)
    assert b"".join(transport.written) == b"".join(b"%d;" % number for number in range(20))
