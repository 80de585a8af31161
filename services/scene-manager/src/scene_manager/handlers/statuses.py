"""What workers report moves a twin through its phases."""

from __future__ import annotations

from typing import overload

from scene_manager.domain.cause import Cause
from scene_manager.domain.facts import changed
from scene_manager.domain.ports import Encode, Transaction, UnitOfWork
from scene_manager.domain.report import Condition, Report
from twin_schemas.records.sim_status import SimStatus

MAX_MESSAGE = 4000
"""Characters of a reason that are kept."""

MAX_CONDITIONS = 20
"""Conditions that are kept."""


async def observe(status: SimStatus, offset: int, taken_ms: int, work: UnitOfWork, encode: Encode) -> bool:
    """Take note of the status at an offset of its topic, which the broker took at a time; whether it changed anything.

    Stale, repeated and unexpected ones change nothing, nor do those in the name of another organisation.

    Raises:
        DatabaseUnreachable: nothing of it has been kept; try again.
    """
    report = Report(
        phase=status.phase,
        revision=status.revision,
        offset=offset,
        code=_kept(status.code),
        message=_kept(status.message),
        conditions=tuple(
            Condition(_kept(each.type), each.since_ns, _kept(each.message))
            for each in status.conditions[:MAX_CONDITIONS]
        ),
        folded=status.offset,
        at_ns=status.at_ns,
        taken_ms=taken_ms,
    )

    changes = False

    async def decided(tx: Transaction) -> None:
        nonlocal changes
        changes = False  # a transaction may be tried again
        before = await tx.twins.find(status.twin)
        if before is None or before.org != status.org:
            return
        after = before.observe(report)
        if after is before:
            return
        changes = True
        await tx.twins.save(after, expected_revision=before.revision)
        cause = Cause(org=after.org, actor=_kept(status.worker) or "sim-worker")
        await tx.emit([encode(effect, cause, None) for effect in changed(before, after)])

    await work.apply(decided)
    return changes


@overload
def _kept(text: str) -> str: ...
@overload
def _kept(text: None) -> None: ...
@overload
def _kept(text: str | None) -> str | None: ...
def _kept(text: str | None) -> str | None:
    """A worker's text as PostgreSQL can keep it: it has no NUL."""
    return None if text is None else text.replace("\0", "\ufffd")[:MAX_MESSAGE]
