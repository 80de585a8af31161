"""A stream to which nothing happened."""

from __future__ import annotations

from dataclasses import replace

from hanzo_twin.audit.collect import Evidence
from hanzo_twin.audit.entries import JournalEntry, PredictionEntry, PublicEntry
from twin_schemas import codec, examples
from twin_schemas.records import (
    Epoch,
    ObservationFrame,
    PredictionFrame,
    SourcesAcquired,
    TwinGenesis,
    TwinPrediction,
)

EPOCH = Epoch(1, "w")
FRAMES = 20
FIRST = 2
"""Journal offset of the first frame."""


def said(offset: int, tick: int, *, at_ns: int = 0) -> PredictionEntry:
    frame = PredictionFrame(1, offset, 1, tick, at_ns, 0, [], [], b"chain")
    return PredictionEntry(codec.encode(frame), frame)


def shown(offset: int, tick: int) -> PublicEntry:
    return PublicEntry(100 * tick, TwinPrediction("t", "n", 1, offset, tick, 0, 0, [], [], 0))


def well() -> Evidence:
    """Ten frames a second, none missing."""
    genesis = replace(next(iter(examples.load("TwinGenesis").values())), epoch=EPOCH, incarnation=1)
    assert isinstance(genesis, TwinGenesis)
    journal = [JournalEntry(0, 0, SourcesAcquired(EPOCH, -1, 0, 0)), JournalEntry(1, 0, genesis)]
    journal += [JournalEntry(FIRST + k, 100 * k, ObservationFrame(EPOCH, k, [], -1)) for k in range(FRAMES)]
    predictions = tuple(said(FIRST + k, k) for k in range(FRAMES))
    return Evidence(tuple(journal), predictions, tuple(shown(FIRST + k, k) for k in range(FRAMES)))
