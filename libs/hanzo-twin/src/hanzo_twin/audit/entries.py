"""Records as read from the raw topics: only one twin's, in log order."""

from __future__ import annotations

from dataclasses import dataclass

from twin_schemas.records import PredictionFrame, TwinPrediction
from twin_sim.journal import JournalRecord


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One record of a twin's journal.

    Attributes:
        offset: in the journal's partition.
        at_ms: append time, ms since the Unix epoch.
        record: decoded.
    """

    offset: int
    at_ms: int
    record: JournalRecord


@dataclass(frozen=True, slots=True)
class PredictionEntry:
    """One record of `sim.predictions`.

    Attributes:
        value: the bytes as published; repeats have to be equal to the last bit.
        frame: decoded.
    """

    value: bytes
    frame: PredictionFrame


@dataclass(frozen=True, slots=True)
class PublicEntry:
    """One record of a twin's public stream.

    Attributes:
        at_ms: append time, ms since the Unix epoch.
        prediction: decoded.
    """

    at_ms: int
    prediction: TwinPrediction
