"""A database of the first release keeps what it has."""

from __future__ import annotations

import hashlib
from importlib.resources import as_file, files
from urllib.parse import urlsplit

import asyncpg
from yoyo import get_backend, read_migrations

from scene_manager.adapters.postgres.migrate import migrate
from scene_manager.adapters.postgres.outbox import PostgresOutbox
from scene_manager.adapters.postgres.work import PostgresWork
from scene_manager.domain.cause import Note
from scene_manager.domain.ports import Transaction
from scene_manager.domain.twin import Twin
from scene_manager.testing.samples import ID, MADE, no_conflict
from twin_schemas.records.desired import Desired
from twin_schemas.records.phase import Phase

DEFINITION = '{"engine":{"type":"mujoco"},"name":"pendulum","tags":["ü"]}'
OLD = f"""
    INSERT INTO twins (id, org, name, revision, phase, seed, created_ns, reported)
    VALUES ('{ID}', 'local', 'pendulum', 2, 'running', 7, 1000, 41);
    INSERT INTO revisions VALUES ('{ID}', 1, 'stopped', 's', 1, 'ab', 's.usda', '{DEFINITION}'),
                                 ('{ID}', 2, 'running', 's', 1, 'ab', 's.usda', '{DEFINITION}');
    INSERT INTO placements VALUES ('{ID}', 'default', 3);
    INSERT INTO inbox (message_id) VALUES ('m1');
    INSERT INTO outbox (lane, kind, subject, key, value, headers, answers)
    VALUES ('a', 'publish', 'control.events', 'a', 'x', '[]', 'm1')"""


async def test_twins_notes_and_what_waits_outlive_an_upgrade(blank_database: str) -> None:
    first_release(blank_database)
    connection = await asyncpg.connect(blank_database)
    await connection.execute(OLD)
    migrate(blank_database)
    digests = await connection.fetch("SELECT parent, definition_digest FROM revisions ORDER BY revision")
    digest = hashlib.sha256(DEFINITION.encode()).hexdigest()
    assert [tuple(row) for row in digests] == [(None, digest), (1, digest)]
    await connection.close()
    found: list[Twin] = []
    async with asyncpg.create_pool(blank_database, min_size=1, max_size=2) as pool:
        work = PostgresWork(pool, lambda: None)

        async def look(tx: Transaction) -> None:
            found.append(await tx.twins.get("local", "pendulum"))
            assert await tx.twins.running("local") == 1
            assert await tx.twins.simulated("mujoco") == 1
            await tx.twins.save(found[0].stop(MADE), expected_revision=2)

        await work.apply(look)
        assert not await work.once(Note("m1", "local", "d", 4), look, no_conflict)
    (twin,) = found
    assert (twin.phase, twin.desired, twin.life, twin.reported) == (Phase.RUNNING, Desired.RUNNING, 2, 41)
    assert (twin.phase_ns, twin.pending, twin.conditions) == (1000, None, ())
    async with PostgresOutbox(blank_database).lead() as backlog:
        fact, reply = [entry.draft for entry in await backlog.due(10, ())]
    assert (fact.subject, fact.partition, reply.subject, reply.partition) == (
        "control.events",
        None,
        "bus.replies",
        4,
    )


def first_release(url: str) -> None:
    """The tables as the first release made them."""
    backend = get_backend(urlsplit(url)._replace(scheme="postgresql+psycopg").geturl())
    with as_file(files("scene_manager.adapters.postgres") / "migrations") as folder:
        migrations = read_migrations(str(folder)).filter(lambda each: each.id.startswith("0001."))
        backend.apply_migrations(backend.to_apply(migrations))
    backend.connection.close()
