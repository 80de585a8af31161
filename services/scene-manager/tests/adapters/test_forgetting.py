"""Done work is dropped after a while; what isn't done never is."""

from __future__ import annotations

import asyncpg

from scene_manager.adapters.postgres.outbox import PostgresOutbox

OLD, OLDER = "now() - interval '9 days'", "now() - interval '32 days'"


async def test_only_what_was_done_long_ago_is_forgotten(database: str) -> None:
    connection = await asyncpg.connect(database)
    insert = "INSERT INTO outbox (lane, kind, subject, key, headers, created_at, sent_at) VALUES ($1, '', '', '', '{}',"
    await connection.execute(f"{insert} {OLD}, {OLD})", "done long ago")
    await connection.execute(f"{insert} {OLD}, now())", "done now")
    await connection.execute(f"{insert} {OLD}, NULL)", "waiting")
    answer = insert.replace("headers,", "headers, answers,").replace("'{}',", "'{}', 'command',")
    await connection.execute(f"{answer} {OLD}, {OLD})", "answered")
    await connection.execute(f"{answer} {OLDER}, {OLDER})", "answered long ago")
    await connection.execute(f"INSERT INTO inbox VALUES ('oldest', {OLDER}), ('old', {OLD}), ('new', now())")
    async with PostgresOutbox(database).lead() as backlog:
        await backlog.forget(8, 31)
    lanes = [row["lane"] for row in await connection.fetch("SELECT lane FROM outbox ORDER BY seq")]
    notes = [row["message_id"] for row in await connection.fetch("SELECT message_id FROM inbox")]
    await connection.close()
    assert (lanes, notes) == (["done now", "waiting", "answered"], ["old", "new"])
