"""A network that swallows every byte and ends no connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit, urlunsplit

import pytest

from scene_manager.adapters.postgres import outbox
from scene_manager.adapters.postgres.connecting import answering, open_pool
from scene_manager.adapters.postgres.outbox import PostgresOutbox
from scene_manager.adapters.postgres.work import PostgresWork
from scene_manager.domain.ports import Transaction
from scene_manager.errors import DatabaseUnreachable

PATIENCE_S = 0.5


class Line:
    """A way to the database that can go silent."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self.open = asyncio.Event()
        self.open.set()
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        user = self._url.netloc.partition("@")[0]
        yield urlunsplit(self._url._replace(netloc=f"{user}@127.0.0.1:{port}", query=""))
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (folder,) = parse_qs(self._url.query)["host"]
        there, back = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.5432")
        for source, target in ((reader, back), (there, writer)):
            self._tasks.add(asyncio.create_task(self._pump(source, target)))

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                await self.open.wait()
                target.write(data)
        finally:
            target.close()


@pytest.fixture
def line(database: str) -> Iterator[Line]:
    return Line(database)


async def nothing(tx: Transaction) -> None:
    pass


async def test_a_transaction_is_given_up_and_works_when_the_network_is_back(line: Line) -> None:
    async with line.listening() as url:
        pool = await open_pool(url, 1)
        work = PostgresWork(pool, lambda: None, PATIENCE_S)
        await work.apply(nothing)
        line.open.clear()
        async with asyncio.timeout(20):
            with pytest.raises(DatabaseUnreachable):
                await work.apply(nothing)
        line.open.set()
        await work.apply(nothing)
        pool.terminate()


async def test_a_leader_of_the_outbox_notices_and_lets_another_lead(
    line: Line, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "answering", lambda connection, _=0.0: answering(connection, PATIENCE_S))
    async with line.listening() as url:
        async with asyncio.timeout(20):
            with pytest.raises(DatabaseUnreachable):
                async with PostgresOutbox(url).lead() as backlog:
                    await backlog.pending()
                    line.open.clear()
                    await backlog.pending()
        line.open.set()  # the server hears of the end
        async with asyncio.timeout(20), PostgresOutbox(database).lead() as backlog:
            assert await backlog.pending() == 0


async def test_one_who_waits_to_lead_notices(
    line: Line, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "answering", lambda connection, _=0.0: answering(connection, PATIENCE_S))
    async with line.listening() as url, PostgresOutbox(database).lead():

        async def wait() -> None:
            async with PostgresOutbox(url).lead():
                pytest.fail("two lead")

        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0)
        line.open.clear()
        async with asyncio.timeout(20):
            with pytest.raises(DatabaseUnreachable):
                await waiting
