"""Starting, stopping and deleting a twin."""

from __future__ import annotations

from collections.abc import Callable

from scene_manager.domain.cause import Asked
from scene_manager.domain.decision import Decision
from scene_manager.domain.facts import changed
from scene_manager.domain.identity import is_reference
from scene_manager.domain.ports import Transaction
from scene_manager.domain.twin import Twin
from scene_manager.errors import TwinNotFound
from twin_schemas.records.delete_twin import DeleteTwin
from twin_schemas.records.start_twin import StartTwin
from twin_schemas.records.stop_twin import StopTwin


async def start_twin(command: StartTwin, asked: Asked, tx: Transaction) -> Decision:
    """Ask for a twin to run."""
    return await _change(command.twin, asked, tx, Twin.start)


async def stop_twin(command: StopTwin, asked: Asked, tx: Transaction) -> Decision:
    """Ask for a twin to stop."""
    return await _change(command.twin, asked, tx, Twin.stop)


async def delete_twin(command: DeleteTwin, asked: Asked, tx: Transaction) -> Decision:
    """Take a twin away: its spec ends, its public topic goes, then its name is free."""
    return await _change(command.twin, asked, tx, Twin.delete)


async def _change(ref: str, asked: Asked, tx: Transaction, change: Callable[[Twin], Twin]) -> Decision:
    if not is_reference(ref):
        raise TwinNotFound(ref)
    before = await tx.twins.get(asked.org, ref)
    after = change(before)
    if after is not before:
        await tx.twins.save(after, expected_revision=before.revision)
    return Decision(after.id, after.name, after.revision, changed(before, after))
