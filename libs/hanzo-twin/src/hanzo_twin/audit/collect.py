"""Gathers one twin's raw topics for an audit."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from hanzo_twin.audit.entries import JournalEntry, PredictionEntry, PublicEntry
from hanzo_twin.audit.frames import Identity, frames_in_force
from hanzo_twin.bus import Twins
from twin_schemas.records import TwinSpec


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that an account is settled from."""

    journal: tuple[JournalEntry, ...]
    predictions: tuple[PredictionEntry, ...]
    public: tuple[PublicEntry, ...]


async def collect(twins: Twins, spec: TwinSpec, *, until_ms: int, patience_s: float = 5.0) -> Evidence:
    """Read a twin's journal, predictions and public stream from their beginnings.

    What the last frames led to may still be on its way, so it reads again until every frame in force that was
    appended before `until_ms` (ms since the Unix epoch) is public, or `patience_s` have passed.
    """
    deadline = time.monotonic() + patience_s
    while True:
        evidence = await _read(twins, spec)
        public = {Identity(item.prediction.incarnation, item.prediction.offset) for item in evidence.public}
        due = {frame.identity for frame in frames_in_force(evidence.journal) if frame.at_ms < until_ms}
        if due <= public or time.monotonic() >= deadline:
            return evidence
        await asyncio.sleep(0.25)


async def _read(twins: Twins, spec: TwinSpec) -> Evidence:
    # The public stream first and the journal last: a record is never seen without its cause.
    public = await twins.streams.read_public(spec)
    predictions = await twins.streams.read_predictions(spec)
    journal = await twins.streams.read_journal(spec)
    return Evidence(
        tuple(JournalEntry(item.offset, item.at_ns // 1_000_000, item.record) for item in journal),
        tuple(PredictionEntry(item.value, item.record) for item in predictions),
        tuple(PublicEntry(item.at_ns // 1_000_000, item.record) for item in public),
    )
