"""What the world is told when a scene has changed."""

from __future__ import annotations

from collections.abc import Sequence

from scene_manager.domain.effects import Written
from scene_manager.domain.scene import Use, Version
from scene_manager.domain.scene_check import is_error
from scene_manager.domain.scene_proposal import Proposal
from twin_schemas.records.scene_finding import SceneFinding
from twin_schemas.records.scene_proposal import SceneProposal
from twin_schemas.records.scene_use import SceneUse
from twin_schemas.records.scene_validated import SceneValidated
from twin_schemas.records.scene_version import SceneVersion

SCENES = "scene.versions"


def registered(version: Version) -> Written:
    """A new scene version."""
    checked = version.checked
    record = SceneVersion(
        scene=version.scene,
        org=version.org,
        name=version.name,
        version=version.number,
        digest=version.file.digest,
        file=version.file.file,
        size=version.file.size,
        created_ns=version.created_ns,
        actor=version.actor,
        note=version.file.note,
        uses=_uses(version.file.uses),
        model_digest=checked.model_digest if checked else None,
        compiled=checked.compiled if checked else None,
        parent=version.parent,
        warnings=list(checked.warnings) if checked else [],
    )
    return Written(version.scene, SCENES, _version_key(version), record)


def removed(version: Version) -> Written:
    """A deleted scene version."""
    return Written(version.scene, SCENES, _version_key(version), None)


def proposed(proposal: Proposal) -> Written:
    """A version that suggests itself."""
    record = SceneProposal(
        proposal=proposal.id,
        scene=proposal.scene,
        org=proposal.org,
        name=proposal.name,
        base=proposal.base,
        uses=_uses(proposal.uses),
        created_ns=proposal.created_ns,
        actor=proposal.actor,
        note=proposal.note,
    )
    return Written(proposal.scene, SCENES, _proposal_key(proposal), record)


def closed(proposal: Proposal) -> Written:
    """A proposal that isn't open any more."""
    return Written(proposal.scene, SCENES, _proposal_key(proposal), None)


def validated(version: Version, engine: str, findings: Sequence[SceneFinding]) -> SceneValidated:
    """What a check on an engine found."""
    return SceneValidated(
        scene=version.scene,
        org=version.org,
        name=version.name,
        version=version.number,
        engine=engine,
        ok=not any(is_error(found) for found in findings),
        findings=list(findings),
    )


def _uses(uses: Sequence[Use]) -> list[SceneUse]:
    return [SceneUse(path=use.path, scene=use.scene, version=use.version, digest=use.digest) for use in uses]


def _version_key(version: Version) -> str:
    return f"{version.scene}/{version.number}"


def _proposal_key(proposal: Proposal) -> str:
    return f"{proposal.scene}/proposal/{proposal.id}"
