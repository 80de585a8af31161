"""Journals, predictions and public streams, as a client settles an account of them, and the gateway shows them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

from api_gateway.domain.history import Told
from api_gateway.handlers import journal as journal_api
from api_gateway.handlers.answers import json_answer
from fuzzing.refusal import in_turn, refusing
from fuzzing.targets.journals import CAUSE, Journals, begun
from fuzzing.targets.surroundings import Consumer, at_home, waiting
from fuzzing.targets.syncing import published
from hanzo_twin.audit import AuditError, account
from hanzo_twin.audit.entries import JournalEntry, PredictionEntry, PublicEntry
from twin_schemas import codec
from twin_schemas.record import Record
from twin_schemas.records import ObservationFrame, PredictionFrame
from twin_sim.journal import JournalRecord


def settle(
    journal: Sequence[JournalRecord],
    predictions: Sequence[PredictionFrame] = (),
    public: Sequence[PublicEntry] = (),
) -> None:
    """Settle the account of a run in which a process was killed.

    Raises:
        Refusal: it can't be, and why is said.
    """
    entries = [JournalEntry(offset, 1000 * offset, record) for offset, record in enumerate(journal)]
    frames = [PredictionEntry(codec.encode(frame), frame) for frame in predictions]
    with refusing(AuditError):
        settled = account(entries, frames, public, window_ms=(0, 2**62), budget_ms=50, killed_ms=1)
        json.dumps(settled.to_json())


def journals() -> Consumer:
    """Of `sim.journal`."""
    fold = Journals()

    async def consume(record: Record) -> None:
        async def folded() -> None:
            fold.consume(record)

        async def settled() -> None:
            known: Any = replace(cast("Any", record), epoch=fold.snapshot.epoch)
            frame = ObservationFrame(fold.snapshot.epoch, fold.snapshot.tick + 1, [], -1)
            settle([*begun(), known, frame])

        async def shown() -> None:
            json_answer(journal_api._shown(Told(0, 0, record, None)))

        await in_turn(folded, settled, shown)

    return waiting(consume)


def predictions() -> Consumer:
    """Of `sim.predictions`."""

    async def consume(record: PredictionFrame) -> None:
        async def settled() -> None:
            settle(begun(), [at_home(record, incarnation=1, offset=CAUSE)])

        await in_turn(partial(published, record), settled)

    return waiting(consume)
