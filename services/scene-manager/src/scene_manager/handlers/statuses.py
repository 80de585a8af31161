"""What workers report moves a twin through its phases."""

from __future__ import annotations

from scene_manager.domain.effects import Effect
from scene_manager.domain.facts import changed
from scene_manager.domain.ports import Transaction
from scene_manager.domain.twin import Report
from twin_schemas.records.sim_status import SimStatus

MAX_MESSAGE = 4000
"""Characters of a reason that are kept."""


async def observe(status: SimStatus, offset: int, tx: Transaction) -> tuple[str, tuple[Effect, ...]]:
    """Take note of the status at an offset of its topic; stale, repeated and unexpected ones change nothing.

    Returns:
        The organisation of the twin, and what follows.
    """
    before = await tx.twins.find(status.twin)
    if before is None:
        return status.org, ()
    report = Report(status.phase, status.revision, offset, _clean(status.code), _clean(status.message))
    after = before.observe(report)
    if after is before:
        return before.org, ()
    await tx.twins.save(after, expected_revision=before.revision)
    return before.org, changed(before, after)


def _clean(text: str | None) -> str | None:
    """A worker's text as PostgreSQL can keep it: it has no NUL."""
    return None if text is None else text.replace("\0", "\ufffd")[:MAX_MESSAGE]
