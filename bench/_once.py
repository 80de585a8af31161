"""The judge of `exactly_once.py`: what PostgreSQL, the specs and the events say of the same operations, read raw.

It shares nothing with the services but the record types.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from twin_common.bus.kafka import KafkaBus
from twin_common.bus.types import Record
from twin_common.settings import Settings
from twin_schemas.catalogue import topic
from twin_schemas.codec import decode
from twin_schemas.records import ControlAccepted, ControlRefused, Desired, TwinSpec

OPERATIONS = ("CreateTwin", "StartTwin", "DeleteTwin")
"""What was asked of every twin, once each and in this order."""
TOLD = ((1, Desired.STOPPED), (2, Desired.RUNNING), (3, Desired.STOPPED), None)
"""What the specs say of a twin, revision by revision; a deletion stops it, then buries it."""


@dataclass
class Verdict:
    """What was found; every list has to be empty.

    Attributes:
        answered_twice: operations with more than one answer, or with a refusal.
        unanswered: operations without an answer.
        database: twins that PostgreSQL tells differently.
        specs: twins that `twin.specs` tells differently.
        repeated: records that came again under their own id, as they may.
    """

    answered_twice: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    database: list[str] = field(default_factory=list)
    specs: list[str] = field(default_factory=list)
    repeated: int = 0


async def judge(settings: Settings, names: Sequence[str]) -> Verdict:
    """Compare the three."""
    verdict = Verdict()
    ids = await _database(settings.database.url.get_secret_value(), names, verdict)
    events = await _raw(settings, "control.events")
    answers: dict[str, Counter[str]] = defaultdict(Counter)
    seen: set[bytes] = set()
    for record in events:
        body = decode(record.value or b"")
        if not isinstance(body, ControlAccepted | ControlRefused) or body.command not in OPERATIONS:
            continue
        own = record.header("ce_id") or b""
        verdict.repeated += own in seen
        if own in seen:
            continue
        seen.add(own)
        refused = isinstance(body, ControlRefused)
        about = (record.key or b"").decode()
        answers[_name(about, body, ids)][f"{body.command} refused" if refused else body.command] += 1
    for name in names:
        said = answers.get(name, Counter())
        verdict.unanswered += [f"{name}: {kind}" for kind in OPERATIONS if said[kind] < 1]
        verdict.answered_twice += [
            f"{name}: {kind} {count}" for kind, count in said.items() if count > 1 or kind not in OPERATIONS
        ]
    _specs(await _raw(settings, "twin.specs"), ids, verdict)
    return verdict


def _name(about: str, body: ControlAccepted | ControlRefused, ids: dict[str, str]) -> str:
    """The twin's name, by whichever of its names the record has."""
    named = getattr(body, "name", "") or getattr(body, "ref", "")
    known = {identity: name for name, identity in ids.items()}
    return known.get(about, known.get(named, named or about))


async def _database(url: str, names: Sequence[str], verdict: Verdict) -> dict[str, str]:
    """Twin ids by name."""
    connection = await asyncpg.connect(url)
    try:
        twins = await connection.fetch("SELECT id, name, revision, phase FROM twins")
        revisions = await connection.fetch("SELECT twin, revision, desired FROM revisions ORDER BY revision")
    finally:
        await connection.close()
    history: dict[uuid.UUID, list[tuple[int, str]]] = defaultdict(list)
    for row in revisions:
        history[row["twin"]].append((row["revision"], row["desired"]))
    count = Counter(row["name"] for row in twins)
    ids = {row["name"]: str(row["id"]) for row in twins}
    rows: dict[str, Any] = {row["name"]: row for row in twins}
    for name in names:
        if count[name] != 1:
            verdict.database.append(f"{name} is there {count[name]} times")
            continue
        row, told = rows[name], history[rows[name]["id"]]
        desired = [wanted for _, wanted in told[:2]]
        if (row["phase"], row["revision"]) != ("deleted", 3) or desired != ["stopped", "running"]:
            verdict.database.append(f"{name}: {row['phase']} at revision {row['revision']}, {told}")
    return ids


def _specs(records: Sequence[Record], ids: dict[str, str], verdict: Verdict) -> None:
    told: dict[str, list[TwinSpec | None]] = defaultdict(list)
    seen: set[bytes] = set()
    for record in records:
        body = None if record.value is None else decode(record.value)
        assert body is None or isinstance(body, TwinSpec)
        own = record.header("ce_id")
        of_twin = told[(record.key or b"").decode()]
        # A tombstone has no id: one behind another says nothing new.
        again = own in seen if own is not None else of_twin[-1:] == [None]
        verdict.repeated += again
        if not again:
            of_twin.append(body)
        if own is not None:
            seen.add(own)
    for name, twin in ids.items():
        found = told.pop(twin, [])
        brief = tuple(None if spec is None else (spec.revision, spec.desired) for spec in found)
        # Compaction may have taken what was superseded, and never the end.
        if not brief or brief != TOLD[-len(brief) :]:
            verdict.specs.append(f"{name}: {brief}")
    verdict.specs += [f"{twin} is in no database" for twin in told]


async def _raw(settings: Settings, name: str) -> list[Record]:
    """Every record of a topic, partition by partition."""
    async with await KafkaBus(settings.stream).reader() as reader:
        await reader.assign(*await reader.partitions(topic(name).physical(settings.stream.topic_prefix)))
        return [record async for record in reader.read_to_end()]
