"""The frames of a journal that count."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from hanzo_twin.audit.entries import JournalEntry
from twin_schemas.records import Channel, ObservationFrame, TwinGenesis
from twin_sim.journal import EpochFilter


class Identity(NamedTuple):
    """Names everything derived from one journal record of a twin (journal rule 7)."""

    incarnation: int
    offset: int


class Frame(NamedTuple):
    """An observation frame in force.

    Attributes:
        identity: of its prediction.
        tick: tick k.
        at_ms: append time, ms since the Unix epoch.
    """

    identity: Identity
    tick: int
    at_ms: int


def frames_in_force(journal: Iterable[JournalEntry]) -> list[Frame]:
    """The frames that every fold of this journal predicts from, in log order; void ones are left out.

    Args:
        journal: one twin's journal from its first record on.
    """
    epochs, incarnation = EpochFilter(), 0
    frames: list[Frame] = []
    for entry in journal:
        record = entry.record
        if not epochs.admits(record):
            continue
        if isinstance(record, TwinGenesis):
            incarnation = record.incarnation
        elif isinstance(record, ObservationFrame) and incarnation:
            frames.append(Frame(Identity(incarnation, entry.offset), record.tick, entry.at_ms))
    return frames


def channels(journal: Iterable[JournalEntry]) -> dict[int, dict[int, Channel]]:
    """The channel table of each incarnation, by index."""
    epochs = EpochFilter()
    return {
        entry.record.incarnation: {channel.index: channel for channel in entry.record.channels}
        for entry in journal
        if epochs.admits(entry.record) and isinstance(entry.record, TwinGenesis)
    }
