"""Starting, stopping and deleting a twin."""

from __future__ import annotations

from dataclasses import dataclass

from scene_manager.domain.cause import Asked
from scene_manager.domain.decision import Decision
from scene_manager.domain.engines import EnginePolicy, engine_of
from scene_manager.domain.facts import changed
from scene_manager.domain.identity import is_reference
from scene_manager.domain.ports import Transaction
from scene_manager.domain.quotas import Quotas
from scene_manager.domain.revision import check_reason
from scene_manager.domain.twin import Twin
from scene_manager.errors import StaleRevision, TwinNotFound
from twin_schemas.records.delete_twin import DeleteTwin
from twin_schemas.records.desired import Desired
from twin_schemas.records.start_twin import StartTwin
from twin_schemas.records.stop_twin import StopTwin


@dataclass(frozen=True, slots=True)
class Running:
    """What the deployment allows to run.

    Attributes:
        engines: that can be had, and how often.
        quotas: how many twins of an organisation.
    """

    engines: EnginePolicy
    quotas: Quotas

    async def check(self, before: Twin, after: Twin, tx: Transaction) -> None:
        """Accept that a twin is to run.

        Raises:
            Refused: `engine_disabled`, `quota_exceeded` or `engine_full`.
        """
        engine = engine_of(after.definition)
        self.engines.check(engine)
        counted = before.desired is Desired.RUNNING  # a failed twin keeps its place
        if not counted:
            self.quotas.check_running(after.org, await tx.twins.running(after.org))
        if not counted or engine != engine_of(before.definition):
            self.engines.check_room(engine, await tx.twins.simulated(engine))


async def start_twin(command: StartTwin, asked: Asked, tx: Transaction, *, running: Running) -> Decision:
    """Ask for a twin to run."""
    before = await the_twin(command.twin, command.expected_revision, asked, tx)
    after = before.start(asked.made(check_reason(command.reason)))
    if after is not before:
        await running.check(before, after, tx)
    return await _changed(before, after, tx)


async def stop_twin(command: StopTwin, asked: Asked, tx: Transaction) -> Decision:
    """Ask for a twin to stop."""
    before = await the_twin(command.twin, command.expected_revision, asked, tx)
    return await _changed(before, before.stop(asked.made(check_reason(command.reason))), tx)


async def delete_twin(command: DeleteTwin, asked: Asked, tx: Transaction) -> Decision:
    """Take a twin away: its spec ends, its public topic goes, then its name is free."""
    before = await the_twin(command.twin, command.expected_revision, asked, tx)
    return await _changed(before, before.delete(asked.made(check_reason(command.reason))), tx)


async def the_twin(ref: str, expected_revision: int | None, asked: Asked, tx: Transaction) -> Twin:
    """The twin that a command means.

    Raises:
        TwinNotFound: the organisation has none.
        StaleRevision: it isn't at the expected revision.
    """
    if not is_reference(ref):
        raise TwinNotFound(ref)
    twin = await tx.twins.get(asked.org, ref)
    if expected_revision is not None and twin.revision != expected_revision:
        raise StaleRevision(twin.name, expected_revision, twin.revision)
    return twin


async def _changed(before: Twin, after: Twin, tx: Transaction) -> Decision:
    if after is not before:
        await tx.twins.save(after, expected_revision=before.revision)
    return Decision(
        after.id, after.name, after.revision, changed(before, after), restart_needed=after.restart_needed
    )
