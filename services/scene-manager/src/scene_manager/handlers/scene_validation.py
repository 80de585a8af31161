"""Checking a scene version against an engine."""

from __future__ import annotations

from dataclasses import dataclass

from scene_manager.domain.cause import Asked
from scene_manager.domain.decision import Decision
from scene_manager.domain.effects import Fact
from scene_manager.domain.ports import Transaction
from scene_manager.domain.scene import Version
from scene_manager.domain.scene_facts import validated
from scene_manager.handlers.scene_rules import SceneRules, chosen
from twin_schemas.records.scene_finding import SceneFinding
from twin_schemas.records.validate_scene import ValidateScene

Found = tuple[Version, tuple[SceneFinding, ...]]


@dataclass(frozen=True, slots=True)
class Validation:
    """Checks scene versions; changes nothing."""

    rules: SceneRules

    async def prepare(self, command: ValidateScene, asked: Asked) -> Found:
        """Check the version.

        Raises:
            SceneNotFound: there is none.
            Refused: the engine isn't there.
        """
        self.rules.engines.check(command.engine)
        found: list[Version] = []

        async def look(tx: Transaction) -> None:
            found.append(await chosen(tx, asked.org, command.scene, command.version))

        await self.rules.work.apply(look)
        return found[0], await self.rules.files.validate(found[0].file, asked.org, command.engine)

    async def decide(
        self, command: ValidateScene, asked: Asked, tx: Transaction, prepared: Found
    ) -> Decision:
        """Tell what was found, to everybody and to the one who asked."""
        version, findings = prepared
        record = validated(version, command.engine, findings)
        facts = (Fact(version.scene, record),)
        return Decision(version.scene, version.name, version.number, facts, reply=record)
