"""Every router of the API, with the adapters that only it needs. A new endpoint group is one block here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from fastapi import APIRouter

from api_gateway.adapters.asking_sim import SimOutcomes
from api_gateway.adapters.audit_trail import BusTrail
from api_gateway.adapters.command_log import BusCommandLog
from api_gateway.adapters.following import Follower
from api_gateway.adapters.history import BusHistory
from api_gateway.adapters.ledger import Ledger
from api_gateway.adapters.letters import BusLetters
from api_gateway.adapters.streams import BusStreams
from api_gateway.domain.ports import Parts
from api_gateway.domain.scene_store import SceneStore
from api_gateway.handlers import (
    audit,
    commands,
    dead_letters,
    docs,
    health,
    journal,
    live,
    registry,
    scene_changes,
    scene_uploads,
    scenes,
    streams,
    sync_status,
    twin_changes,
    twins,
    whoami,
)
from twin_common.blobs.api import BlobFolders, BlobStore
from twin_common.blobs.links import S3Links
from twin_common.blobs.memory import MemoryBlobs
from twin_common.blobs.memory_links import MemoryLinks
from twin_common.blobs.s3 import S3Blobs
from twin_common.bus.api import Bus

Run = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outside:
    """What adapters are made of.

    Attributes:
        bus: the bus.
        scenes: blobs of the bucket for scenes.
        ledger: what this process knows of recent commands.
        runs: append the `run` of an adapter that has a life of its own: it runs beside the application for as long as
            that does, waits out an absent broker by itself and is cancelled at the end.
        followers: add, under a name, what has to have caught up for the process to be ready.
        stopping: set when the process is about to stop: streams, which have no end of their own, end then.
    """

    bus: Bus
    scenes: BlobStore
    ledger: Ledger
    runs: list[Run]
    followers: dict[str, Follower]
    stopping: asyncio.Event


def doors(parts: Parts, outside: Outside) -> Iterator[APIRouter]:
    """The routers."""
    yield health.router(parts)
    yield docs.router()
    yield whoami.router(parts)
    yield twins.router(parts)
    yield twin_changes.router(parts)
    yield sync_status.router(parts)
    yield registry.router(parts)
    store = _store(parts, outside)
    yield scenes.router(parts, store)
    yield scene_uploads.router(parts, store)
    yield scene_changes.router(parts)
    prefix, deadline_s = parts.settings.stream.topic_prefix, parts.settings.api_gateway.deadline_ms / 1000
    log = BusCommandLog(outside.bus, prefix, outside.ledger, parts.clock)
    yield commands.router(parts, log)
    outcomes = SimOutcomes(outside.bus, prefix, parts.clock, outside.ledger)
    outside.runs.append(outcomes.run)
    outside.followers["outcomes"] = outcomes.follower
    yield live.router(parts, outcomes, log)
    predictions = BusStreams(outside.bus, prefix, parts.settings.api_gateway.max_streams, parts.metrics)
    yield streams.router(parts, predictions, outside.stopping)
    letters = BusLetters(outside.bus, prefix, parts.clock, deadline_s)
    outside.runs.append(letters.run)
    outside.followers["dead letters"] = letters.follower
    yield dead_letters.router(parts, letters)
    yield audit.router(parts, BusTrail(outside.bus, prefix))
    yield journal.router(parts, BusHistory(outside.bus, prefix, _states(parts, outside)))


def _states(parts: Parts, outside: Outside) -> BlobFolders:
    if isinstance(outside.scenes, MemoryBlobs):
        return outside.scenes
    return S3Blobs(parts.settings.storage, parts.settings.storage.buckets.checkpoints)


def _store(parts: Parts, outside: Outside) -> SceneStore:
    if not isinstance(outside.scenes, S3Blobs):
        return MemoryLinks(outside.scenes)
    storage = parts.settings.storage
    return S3Links(storage, storage.buckets.scenes, parts.settings.api_gateway.presign_s)
