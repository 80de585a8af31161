"""What PostgreSQL knows of commands and twins."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Collection, Mapping

import asyncpg

_PATIENCE_S = 25.0
Kept = tuple[int, str]
"""A twin's revision and what is desired of it."""


def noted_under(command: str) -> str:
    """The inbox's key for a command of the load's organisation."""
    return hashlib.sha256(json.dumps(["local", command]).encode()).hexdigest()


async def effects(url: str, commands: Collection[str]) -> tuple[Mapping[str, int], frozenset[str]]:
    """How many revisions name each command, and which commands are in the inbox of the control plane."""
    connection = await asyncpg.connect(url, timeout=_PATIENCE_S)
    try:
        query = "SELECT command, count(*) AS times FROM revisions WHERE command = ANY($1) GROUP BY command"
        rows = await connection.fetch(query, list(commands))
        keys = {noted_under(each): each for each in commands}
        query = "SELECT message_id FROM inbox WHERE message_id = ANY($1)"
        noted = frozenset(keys[row["message_id"]] for row in await connection.fetch(query, list(keys)))
    finally:
        await connection.close()
    return {row["command"]: int(row["times"]) for row in rows}, noted


async def twins(url: str) -> Mapping[uuid.UUID, Kept]:
    """Every twin that isn't deleted."""
    connection = await asyncpg.connect(url, timeout=_PATIENCE_S)
    try:
        rows = await connection.fetch(
            "SELECT t.id, t.revision, t.phase, r.desired FROM twins t"
            " JOIN revisions r ON r.twin = t.id AND r.revision = t.revision"
        )
    finally:
        await connection.close()
    return {row["id"]: (row["revision"], row["desired"]) for row in rows if row["phase"] != "deleted"}
