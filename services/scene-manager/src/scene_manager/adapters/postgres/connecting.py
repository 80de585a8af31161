"""Connections that end by themselves when nobody answers any more: a network can go without a word."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

import asyncpg
from asyncpg import Connection, Pool, Record

CONNECT_S: Final = 5.0
"""To open a connection, to get one of the pool, and to give it back."""

PATIENCE_S: Final = 15.0
"""No transaction takes so long; after it its connection is given up, and what it was for is tried again."""

_SERVER: Final = {
    "application_name": "scene-manager",
    # A peer that has gone without a word holds locks, that of the outbox among them, until the server notices.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "idle_in_transaction_session_timeout": "30000",
}


class _Ending(Protocol):
    def terminate(self) -> None: ...


async def open_pool(url: str, size: int) -> Pool[Record]:
    """A pool of at most so many connections."""
    return await asyncpg.create_pool(
        url, min_size=1, max_size=size, timeout=CONNECT_S, server_settings=_SERVER
    )


async def connect(url: str) -> Connection[Record]:
    """One connection."""
    connection: Connection[Record] = await asyncpg.connect(url, timeout=CONNECT_S, server_settings=_SERVER)
    return connection


@contextmanager
def answering(connection: _Ending, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Give a connection up when the block takes longer; what waits for it fails then, as if it had been lost.

    A time-out of asyncpg's isn't enough: it takes the query back, and waits for the server to agree.
    """
    watch = asyncio.get_running_loop().call_later(patience_s, connection.terminate)
    try:
        yield
    finally:
        watch.cancel()
