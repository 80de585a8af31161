"""Deleting scenes and versions that nothing needs."""

from __future__ import annotations

from collections.abc import Sequence

from scene_manager.domain.cause import Asked
from scene_manager.domain.decision import Decision
from scene_manager.domain.effects import BlobUnwanted, Effect
from scene_manager.domain.ports import Transaction, UnitOfWork
from scene_manager.domain.revision import check_reason
from scene_manager.domain.scene import Version
from scene_manager.domain.scene_facts import closed, removed
from scene_manager.domain.scene_ports import SceneFiles
from scene_manager.domain.scene_proposal import Fate
from scene_manager.errors import Refused, SceneNotFound
from scene_manager.handlers.scene_rules import versions_of
from twin_schemas.records.delete_scene import DeleteScene

_NAMED = 10
"""Twins that a refusal names."""


async def delete_scene(command: DeleteScene, asked: Asked, tx: Transaction) -> Decision:
    """Delete a scene, or one version of it, with its blobs; its numbers are never used again.

    Raises:
        SceneNotFound: there is none.
        Refused: `scene_in_use`: twins are pinned to it; names them.
    """
    reason = check_reason(command.reason)
    versions = await versions_of(tx, asked.org, command.scene)
    doomed = [version for version in versions if command.version in (None, version.number)]
    newest = versions[-1]
    if not doomed:
        raise SceneNotFound(newest.name, command.version)
    pinning = await tx.twins.pinning(asked.org, newest.name, command.version)
    if pinning:
        raise Refused("scene_in_use", _in_use(newest.name, command.version, pinning))
    effects: list[Effect] = await _close_proposals(doomed, asked, tx)
    for version in doomed:
        await tx.scenes.remove(version, at_ns=asked.at_ns, actor=asked.actor, reason=reason)
        effects += [removed(version), BlobUnwanted(version.scene, version.file.digest)]
        if version.checked is not None:
            effects.append(BlobUnwanted(version.scene, version.checked.compiled))
    return Decision(newest.scene, newest.name, doomed[-1].number, tuple(effects))


async def remove_unnamed(digest: str, work: UnitOfWork, files: SceneFiles) -> None:
    """Delete a blob unless a version names it; until it is gone nobody can begin to.

    Raises:
        Retryable: the database or the object store doesn't answer; ask again.
    """
    begun: list[bool] = []

    async def begin(tx: Transaction) -> None:
        begun.append(await tx.scenes.begin_removal(digest))

    async def end(tx: Transaction) -> None:
        await tx.scenes.end_removal(digest)

    await work.apply(begin)
    if begun[-1]:
        await files.remove(digest)
        await work.apply(end)


async def _close_proposals(doomed: Sequence[Version], asked: Asked, tx: Transaction) -> list[Effect]:
    """End what is proposed for these versions, or with them."""
    bases = {(version.scene, version.number) for version in doomed}
    used = {(version.name, version.number) for version in doomed}
    effects: list[Effect] = []
    for proposal in await tx.scenes.proposals(asked.org):
        if (proposal.scene, proposal.base) in bases or used & {
            (use.scene, use.version) for use in proposal.uses
        }:
            await tx.scenes.close(
                proposal, Fate.REPLACED, at_ns=asked.at_ns, actor=asked.actor, note="deleted"
            )
            effects.append(closed(proposal))
    return effects


def _in_use(name: str, version: int | None, pinning: Sequence[str]) -> str:
    what = f"scene {name!r}" if version is None else f"version {version} of scene {name!r}"
    shown = ", ".join(pinning[:_NAMED]) + (
        f" and {len(pinning) - _NAMED} more" if len(pinning) > _NAMED else ""
    )
    return f"{what} is used by {shown}; delete these twins, or pin them to another version, first"
