"""Cells with three Kafka brokers: one is killed, the active controller is killed, one can't be reached."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import time
from functools import partial

from faulting.cell import Away, Cell, Kind, Strike, Struck
from faulting.environment.network import Network, behind_proxy
from faulting.stage import Stage
from faulting.surroundings import Surroundings
from hanzo_twin.stack.parts.kafka import Cluster

NODES = Cluster(3).names
THREE_BROKERS = Surroundings("three-brokers", partial(behind_proxy, brokers=3))
"""Three brokers with every topic on each, and a proxy between them and the services."""

_DESCRIBE_QUORUM = 55
_METADATA = b"__cluster_metadata"
_TIMEOUT_S = 5.0
_AWAY_S = (4.0, 8.0)


async def kill(stage: Stage, dice: random.Random, *, controller: bool) -> Struck:
    """Kill a broker, and start it again after longer than its session."""
    number = dice.randint(1, 3)
    if controller:
        number = await asyncio.to_thread(active_controller, stage.stack.part(NODES[0]).ports[NODES[0]])
    name = NODES[number - 1]
    began_ns = await stage.kill(name)
    await asyncio.sleep(dice.uniform(*_AWAY_S))
    await stage.restore()
    return Struck(f"kill {name}{', the active controller' if controller else ''}", began_ns, time.time_ns())


async def hide(stage: Stage, dice: random.Random) -> Struck:
    """No service reaches one broker, which its peers still hear."""
    network, name = stage.tool(Network), dice.choice(NODES)
    began_ns = time.time_ns()
    await network.fail(network.of(name), "cut")
    try:
        await asyncio.sleep(dice.uniform(*_AWAY_S))
    finally:
        await network.heal()
    return Struck(f"hide {name}", began_ns, time.time_ns())


def active_controller(port: int) -> int:
    """The number of the node that leads the quorum, asked of a node at its own port (DescribeQuorum, version 0)."""
    topic = bytes([len(_METADATA) + 1]) + _METADATA
    body = bytes([2]) + topic + bytes([2]) + struct.pack(">i", 0) + bytes(3)
    request = struct.pack(">hhih", _DESCRIBE_QUORUM, 0, 1, -1) + bytes(1) + body
    with socket.create_connection(("127.0.0.1", port), _TIMEOUT_S) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        answer = _exactly(connection, struct.unpack(">i", _exactly(connection, 4))[0])
    # correlation id, tags, error, topics, name, partitions; then index, error and leader of the one partition
    head = 4 + 1 + 2 + 1 + len(topic) + 1
    index, error, leader = struct.unpack_from(">ihi", answer, head)
    if error or index:
        raise RuntimeError(f"Kafka doesn't tell who leads the quorum: error {error}")
    return int(leader)


def _exactly(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        more = connection.recv(length - len(data))
        if not more:
            raise ConnectionError("the broker ended the connection")
        data += more
    return data


def _kill(name: str, says: str, *, controller: bool) -> Cell:
    strike: Strike = partial(kill, controller=controller)
    return Cell(name, "brokers", strike, THREE_BROKERS, Kind.KILL, says=says, away=Away.TICKS)


CELLS: tuple[Cell, ...] = (
    _kill("kill-broker", "SIGKILL of one of three brokers, started again after 4 to 8 s", controller=False),
    _kill("kill-controller", "SIGKILL of the active controller of three, started again so", controller=True),
    Cell(
        "hide-broker",
        "brokers",
        hide,
        THREE_BROKERS,
        says="no service reaches one of three brokers for 4 to 8 s",
        away=Away.TICKS,
    ),
)
