"""Versions that suggest themselves, and deciding on them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from scene_manager.domain.cause import Asked
from scene_manager.domain.decision import Decision
from scene_manager.domain.effects import Effect
from scene_manager.domain.ports import Transaction
from scene_manager.domain.scene import PinnedScene, SceneFile, Version, check_note, is_scene_reference
from scene_manager.domain.scene_check import Stored
from scene_manager.domain.scene_facts import closed, proposed
from scene_manager.domain.scene_proposal import Fate, Proposal, proposal_id, renewed, what_is_new
from scene_manager.errors import Refused, SceneNotFound
from scene_manager.handlers.scene_rules import SceneRules, chosen
from twin_schemas.records.decide_scene_proposal import DecideSceneProposal

Examine = Callable[[str, SceneFile, Asked], Awaitable[Stored | None]]
Add = Callable[[str, SceneFile, Stored | None, Asked, Transaction], Awaitable[Decision]]


@dataclass(frozen=True, slots=True)
class Repacked:
    """A proposal as a file.

    Attributes:
        proposal: as it was when the file was made.
    """

    proposal: Proposal
    file: SceneFile
    stored: Stored | None


@dataclass(frozen=True, slots=True)
class Proposals:
    """Decides on proposals.

    Attributes:
        examine: checks and stores a file.
        add: makes a file a version, with what follows from it.
    """

    rules: SceneRules
    examine: Examine
    add: Add

    async def prepare(self, command: DecideSceneProposal, asked: Asked) -> Repacked | None:
        """Make the proposed file, if it is to become a version.

        Raises:
            Refused: there is no such proposal, or what it proposes can't be simulated.
        """
        if not command.accept:
            return None
        looked: list[tuple[Proposal, Version]] = []

        async def look(tx: Transaction) -> None:
            proposal = await _open(command, asked, tx)
            looked.append((proposal, await chosen(tx, asked.org, proposal.scene, proposal.base)))

        await self.rules.work.apply(look)
        proposal, base = looked[0]
        note = command.note or proposal.note
        file = await self.rules.files.repack(base.file, asked.org, proposal.uses, note)
        file.check(self.rules.max_bytes)
        return Repacked(proposal, file, await self.examine(proposal.name, file, asked))

    async def finish(
        self, command: DecideSceneProposal, asked: Asked, prepared: Repacked | Refused | None
    ) -> None:
        """Delete what was packed once it is a version."""
        if isinstance(prepared, Repacked):
            await self.rules.forget(asked.org, prepared.file.digest)

    async def decide(
        self, command: DecideSceneProposal, asked: Asked, tx: Transaction, prepared: Repacked | None
    ) -> Decision:
        """Make it a version, or let it go.

        Raises:
            Refused: somebody else decided first.
        """
        note = check_note(command.note)
        proposal = await _open(command, asked, tx)
        fate = Fate.DISMISSED if prepared is None else Fate.ACCEPTED
        await tx.scenes.close(proposal, fate, at_ns=asked.at_ns, actor=asked.actor, note=note)
        if prepared is None:
            return Decision(proposal.scene, proposal.name, proposal.base, (closed(proposal),))
        added = await self.add(proposal.name, prepared.file, prepared.stored, asked, tx)
        return Decision(added.id, added.name, added.version, (closed(proposal), *added.effects))


async def _open(command: DecideSceneProposal, asked: Asked, tx: Transaction) -> Proposal:
    """The proposal that is to be decided on.

    Raises:
        SceneNotFound, Refused: there is none, or somebody has decided.
    """
    if not is_scene_reference(command.scene):
        raise SceneNotFound(command.scene, None)
    return await tx.scenes.proposal(asked.org, command.scene, command.proposal)


async def suggest(version: Version, asked: Asked, tx: Transaction) -> list[Effect]:
    """What a new version suggests: newer versions of the scenes that use it, and the end of older suggestions."""
    effects: list[Effect] = []
    open_ones = {proposal.scene: proposal for proposal in await tx.scenes.proposals(asked.org)}
    for user in [version, *await tx.scenes.using(asked.org, version.name)]:
        uses = renewed(user, await _newest(user, tx))
        old = open_ones.get(user.scene)
        if old is not None and (old.base, old.uses) == (user.number, uses):
            continue
        if old is not None:
            await tx.scenes.close(old, Fate.REPLACED, at_ns=asked.at_ns, actor=asked.actor, note="")
            effects.append(closed(old))
        if uses != user.file.uses:
            proposal = Proposal(
                id=proposal_id(asked.id, user.scene),
                scene=user.scene,
                org=user.org,
                name=user.name,
                base=user.number,
                uses=uses,
                created_ns=asked.at_ns,
                actor=asked.actor,
                note=what_is_new(user.file.uses, uses),
            )
            await tx.scenes.propose(proposal)
            effects.append(proposed(proposal))
    return effects


async def _newest(user: Version, tx: Transaction) -> dict[str, PinnedScene]:
    newest = {}
    for name in sorted({use.scene for use in user.file.uses}):
        try:
            newest[name] = await tx.scenes.pin(user.org, name, None)
        except SceneNotFound:
            continue  # deleted since: what was packed stays
    return newest
