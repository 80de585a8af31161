"""Every command about scenes; registering a scene version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scene_manager.domain.cause import Asked
from scene_manager.domain.decision import Decision
from scene_manager.domain.effects import Effect
from scene_manager.domain.identity import aggregate_id
from scene_manager.domain.ports import Transaction
from scene_manager.domain.scene import SceneFile, Use, check_scene_name, is_scene_reference
from scene_manager.domain.scene_check import Stored
from scene_manager.domain.scene_facts import registered
from scene_manager.errors import Refused, SceneChanged, SceneNotFound
from scene_manager.handlers.command import Command
from scene_manager.handlers.scene_deletion import delete_scene
from scene_manager.handlers.scene_proposals import Proposals, suggest
from scene_manager.handlers.scene_rules import SceneRules
from scene_manager.handlers.scene_validation import Validation
from twin_schemas.record import Record
from twin_schemas.records.decide_scene_proposal import DecideSceneProposal
from twin_schemas.records.delete_scene import DeleteScene
from twin_schemas.records.register_scene_version import RegisterSceneVersion
from twin_schemas.records.validate_scene import ValidateScene

__all__ = ["Registration", "SceneRules", "scene_commands"]


def scene_commands(rules: SceneRules) -> Mapping[type[Record], Command]:
    """Every command that is about a scene."""
    registration, validation = Registration(rules), Validation(rules)
    proposals = Proposals(rules, registration.examined, registration.add)
    return {
        RegisterSceneVersion: Command(
            "scenes.upload", registration.decide, registration.prepare, registration.finish
        ),
        DeleteScene: Command("scenes.delete", delete_scene),
        DecideSceneProposal: Command("scenes.upload", proposals.decide, proposals.prepare, proposals.finish),
        ValidateScene: Command("scenes.validate", validation.decide, validation.prepare),
    }


@dataclass(frozen=True, slots=True)
class Registration:
    """Makes stored files versions of scenes."""

    rules: SceneRules

    async def prepare(self, command: RegisterSceneVersion, asked: Asked) -> Stored | None:
        """Check the file and store it as a blob, unless it is a version already.

        Raises:
            Refused: its name is wrong, there is no room for it, or it can't be simulated. The upload stays: others may
                be about to make a version of it, too.
        """
        return await self.examined(command.name, self._file(command), asked)

    async def examined(self, name: str, file: SceneFile, asked: Asked) -> Stored | None:
        """A file that the organisation has uploaded, checked and stored; None when it is a version of the scene.

        Raises:
            Refused: there is no room for it, or it can't be simulated.
            SceneChanged: since it was looked at; look again.
        """
        seen: list[tuple[bool, bool, int]] = []

        async def look(tx: Transaction) -> None:
            held = await tx.scenes.holding(asked.org, name, file.digest) is not None
            if not held:
                await self._check(tx, asked.org, name, file)
            seen.append(
                (held, await tx.scenes.owned(asked.org, file.digest), await tx.scenes.removals()),
            )

        await self.rules.work.apply(look)
        held, owned, removals = seen[-1]
        if held:
            return None
        try:
            return Stored(await self.rules.files.examine(file, asked.org, owned=owned), removals)
        except Refused as refused:
            if refused.code == "scene_file_missing" and await self.rules.owned(asked.org, file.digest):
                raise SceneChanged(f"file {file.digest} became a version meanwhile") from refused
            raise

    async def finish(
        self, command: RegisterSceneVersion, asked: Asked, _: Stored | Refused | None = None
    ) -> None:
        """Delete the upload once it is a version."""
        await self.rules.forget(asked.org, command.digest)

    async def decide(
        self, command: RegisterSceneVersion, asked: Asked, tx: Transaction, stored: Stored | None
    ) -> Decision:
        """Make a stored file a version of a scene; a file that is one already stays the version that it is."""
        return await self.add(command.name, self._file(command), stored, asked, tx)

    async def add(
        self, name: str, file: SceneFile, stored: Stored | None, asked: Asked, tx: Transaction
    ) -> Decision:
        """Add a version with what follows from it.

        Raises:
            Refused: there is no room for it, or it uses what isn't there.
            SceneChanged: since it was looked at; look again.
        """
        version = await tx.scenes.holding(asked.org, name, file.digest)
        if version is not None:
            return Decision(version.scene, version.name, version.number)
        if stored is None:
            raise SceneChanged(f"version of scene {name!r} with digest {file.digest} was deleted meanwhile")
        blobs = sorted({file.digest, stored.checked.compiled})
        try:
            await self._check(tx, asked.org, name, file)
        except Refused as refused:
            refused.unwanted = tuple(blobs)
            raise
        for digest in blobs:
            await tx.scenes.guard(digest)
            if await tx.scenes.removed_since(stored.removals, digest):
                raise SceneChanged(f"blob {digest} of scene {name!r} was deleted meanwhile")
        version, _ = await tx.scenes.register(
            asked.org,
            name,
            file,
            stored.checked,
            scene_id=aggregate_id(asked.id),
            created_ns=asked.at_ns,
            actor=asked.actor,
        )
        effects: tuple[Effect, ...] = (registered(version), *await suggest(version, asked, tx))
        return Decision(version.scene, version.name, version.number, effects)

    def _file(self, command: RegisterSceneVersion) -> SceneFile:
        check_scene_name(command.name)
        uses = tuple(Use(use.path, use.scene, use.version, use.digest) for use in command.uses)
        file = SceneFile(command.digest, command.file, command.size, command.note, uses)
        file.check(self.rules.max_bytes)
        return file

    async def _check(self, tx: Transaction, org: str, name: str, file: SceneFile) -> None:
        self.rules.check_room(org, await tx.scenes.footprint(org, name), file.size)
        await _check_uses(tx, org, name, file.uses)


async def _check_uses(tx: Transaction, org: str, name: str, uses: tuple[Use, ...]) -> None:
    for use in uses:
        if not is_scene_reference(use.scene):
            raise SceneNotFound(use.scene, None)
        if use.scene == name:
            raise Refused("invalid_uses", f"{use.path[:80]}: a scene can't use itself", field="uses")
        found = await tx.scenes.pin(org, use.scene, use.version)
        if found.digest != use.digest:
            raise Refused(
                "invalid_uses", f"{use.path[:80]}: version {use.version} of scene {use.scene!r} has another digest",
                field="uses",
            )  # fmt: skip
