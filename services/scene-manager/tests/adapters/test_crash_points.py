"""A connection lost at any statement of a transaction, before or after its effect, loses and doubles nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from scene_manager.adapters.encoding import Encoder
from scene_manager.adapters.postgres.work import PostgresWork
from scene_manager.domain.cause import Asked, Cause
from scene_manager.domain.decision import Decision
from scene_manager.domain.engines import EnginePolicy
from scene_manager.domain.identity import aggregate_id
from scene_manager.domain.placement import Pool
from scene_manager.domain.ports import Transaction
from scene_manager.domain.quotas import Quotas
from scene_manager.domain.scene_check import Checked, Stored
from scene_manager.errors import DatabaseUnreachable
from scene_manager.handlers.answering import Answers
from scene_manager.handlers.create_twin import Creation, create_twin
from scene_manager.handlers.definitions import Definitions
from scene_manager.handlers.scenes import Registration, SceneRules
from scene_manager.handlers.statuses import observe
from scene_manager.handlers.twins import Running, delete_twin, start_twin
from scene_manager.handlers.update_twin import update_twin
from scene_manager.testing.scene_files import TrustingFiles
from twin_common.clock import ManualClock
from twin_schemas.records.create_twin import CreateTwin
from twin_schemas.records.delete_twin import DeleteTwin
from twin_schemas.records.register_scene_version import RegisterSceneVersion
from twin_schemas.records.sim_phase import SimPhase
from twin_schemas.records.sim_status import SimStatus
from twin_schemas.records.start_twin import StartTwin
from twin_schemas.records.update_twin import UpdateTwin

YAML = "name: p\nscene: {uri: s.usda}\nengine: {type: mujoco}\nsync: {mode: standalone}\n"
ID = aggregate_id("00000000-0000-7000-8000-000000000002")  # of what the second command creates
ENGINES = EnginePolicy(frozenset({"mujoco"}), frozenset({"mujoco"}), {"mujoco": 1})
DEFINITIONS = Definitions(ENGINES, encrypted=False)
CREATION = Creation(DEFINITIONS, Pool("default", 12), Quotas(9, 9))
RUNNING = Running(ENGINES, Quotas(9, 9))


class Fuse:
    """Blows at a given statement."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.after = False
        self.count = 0
        self.total = 0

    def set(self, at: int | None, *, after: bool = False) -> None:
        """Blow at the statement number `at` from now on, before it reaches the server or after it has run."""
        self.left, self.after, self.total, self.count = at, after, self.count, 0


FUSE = Fuse()


class FusedConnection(asyncpg.Connection):
    """A connection that is lost when the fuse blows."""

    async def _fused(self, run: Callable[[], Awaitable[Any]]) -> Any:
        FUSE.count += 1
        blows = FUSE.left == FUSE.count
        if blows and not FUSE.after:
            self.terminate()
        result = await run()
        if blows:
            self.terminate()
            raise asyncpg.ConnectionDoesNotExistError("lost")
        return result

    async def execute(self, query: str, *args: Any, **how: Any) -> Any:
        return await self._fused(lambda: super(FusedConnection, self).execute(query, *args, **how))

    async def fetchval(self, query: str, *args: Any, **how: Any) -> Any:
        return await self._fused(lambda: super(FusedConnection, self).fetchval(query, *args, **how))

    async def fetchrow(self, query: str, *args: Any, **how: Any) -> Any:
        return await self._fused(lambda: super(FusedConnection, self).fetchrow(query, *args, **how))

    async def fetch(self, query: str, *args: Any, **how: Any) -> Any:
        return await self._fused(lambda: super(FusedConnection, self).fetch(query, *args, **how))


def status(revision: int) -> SimStatus:
    return SimStatus(
        twin=ID, org="local", name="p", revision=revision, worker="w", incarnation=1, phase=SimPhase.RUNNING,
        conditions=[], offset=1, tick=1, lag_ms=0.0, checkpoint_offset=-1, counts={}, warnings=[], at_ns=1,
    )  # fmt: skip


async def play(work: PostgresWork) -> None:
    """A twin's life, each step tried again until it works, as the runner does."""
    encode = Encoder(ManualClock())
    answers = Answers(work, encode)

    async def register(asked: Asked, tx: Transaction) -> Decision:
        rules = SceneRules(100, 9, 900, ENGINES, TrustingFiles(), work)
        command = RegisterSceneVersion("s", "ab" * 32, "s.usda", 1)
        return await Registration(rules).decide(command, asked, tx, Stored(Checked("cd" * 32, "ef" * 32), 0))

    async def create(asked: Asked, tx: Transaction) -> Decision:
        return await create_twin(CreateTwin(YAML, "s"), asked, tx, creation=CREATION)

    async def taken(asked: Asked, tx: Transaction) -> Decision:
        return await create_twin(CreateTwin(YAML, "s"), asked, tx, creation=CREATION)

    async def start(asked: Asked, tx: Transaction) -> Decision:
        return await start_twin(StartTwin("p"), asked, tx, running=RUNNING)

    async def update(asked: Asked, tx: Transaction) -> Decision:
        patch = '{"tags": ["a"], "sync": {"rate_hz": 60}}'
        return await update_twin(UpdateTwin("p", patch), asked, tx, definitions=DEFINITIONS)

    async def delete(asked: Asked, tx: Transaction) -> Decision:
        return await delete_twin(DeleteTwin("p"), asked, tx)

    def command(
        number: int, decide: Callable[[Asked, Transaction], Awaitable[Decision]]
    ) -> Callable[[], Awaitable[Any]]:
        command_id = f"00000000-0000-7000-8000-{number:012d}"
        cause = Cause("local", "me", command_id, command_id)
        asked = Asked(command_id, "k", 5, cause, reply_to=7, digest="d")
        return lambda: answers.answer(decide.__name__, "twins.x", asked, lambda tx: decide(asked, tx))

    steps = [
        command(1, register),
        command(2, create),
        command(3, taken),
        command(4, start),
        lambda: observe(status(2), 7, 7, work, encode),
        command(5, update),
        command(6, delete),
    ]
    for step in steps:
        while True:
            try:
                await step()
            except DatabaseUnreachable:
                continue
            break


async def truth(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the database but for times and identities that differ from run to run."""
    queries = {
        "twins": "SELECT id, name, name_held, revision, phase, reported, life, running FROM twins ORDER BY id",
        "revisions": """
            SELECT twin, revision, desired, definition, pending_definition, actor, command
              FROM revisions ORDER BY twin, revision""",
        "placements": "SELECT * FROM placements ORDER BY twin",
        "versions": "SELECT version, digest, size, actor FROM scene_versions ORDER BY version",
        "inbox": "SELECT message_id, org, digest FROM inbox ORDER BY message_id",
        "outbox": """
            SELECT lane, kind, subject, key, value, answers FROM outbox WHERE partition IS NULL ORDER BY seq""",
        # A repeated command is told its answer again.
        "replies": """
            SELECT DISTINCT lane, kind, subject, key, value, partition FROM outbox
             WHERE partition IS NOT NULL ORDER BY key""",
    }
    connection = await asyncpg.connect(url)
    try:
        return {name: [tuple(row) for row in await connection.fetch(sql)] for name, sql in queries.items()}
    finally:
        await connection.close()


async def empty(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "TRUNCATE scenes, scene_versions, scene_proposals, twins, revisions, placements, inbox, outbox"
            " RESTART IDENTITY"
        )
    finally:
        await connection.close()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_connection_lost_at_any_statement_loses_and_doubles_nothing(
    database: str, after: bool
) -> None:
    async def once(at: int | None) -> dict[str, list[tuple[Any, ...]]]:
        await empty(database)
        pool = await asyncpg.create_pool(
            database, min_size=1, max_size=2, connection_class=FusedConnection, reset=_no_reset
        )
        FUSE.set(at, after=after)
        try:
            await play(PostgresWork(pool, lambda: None))
        finally:
            FUSE.set(None)
            pool.terminate()
        return await truth(database)

    whole = await once(None)
    statements = FUSE.total
    assert len(whole["twins"]) == 1
    assert len(whole["inbox"]) == 6
    assert [row[0] for row in whole["outbox"] if row[5]].count(
        "k"
    ) == 1  # one refusal, under the command's key
    assert statements > 30
    for number in range(1, statements + 1):
        assert await once(number) == whole, f"lost at statement {number}"


async def _no_reset(connection: asyncpg.Connection) -> None:
    """A pool resets connections on release; left out, so that only our own statements are counted."""
