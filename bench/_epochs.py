"""Which records of a journal count, by its rule 3 alone: shares nothing with the platform, which is judged by it."""

from __future__ import annotations

from typing import Protocol

from twin_schemas.records import Epoch, SourcesAcquired


class Written(Protocol):
    """Any journal record."""

    epoch: Epoch


class InForce:
    """Takes a twin's journal in log order. The first acquisition with a higher counter wins; what has any other epoch
    than the last winner's is void.
    """

    def __init__(self) -> None:
        self._counter, self._writer = -1, ""

    def counts(self, record: Written) -> bool:
        """Whether the next record counts."""
        counter, writer = record.epoch.counter, record.epoch.writer
        if isinstance(record, SourcesAcquired) and counter > self._counter:
            self._counter, self._writer = counter, writer
        return (counter, writer) == (self._counter, self._writer)
