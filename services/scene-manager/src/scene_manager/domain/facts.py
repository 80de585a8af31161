"""What the world is told when a twin has changed."""

from __future__ import annotations

from scene_manager.domain.effects import Effect, Fact, TopicUnwanted, TopicWanted, Written
from scene_manager.domain.twin import Twin
from twin_schemas.records.phase import Phase
from twin_schemas.records.twin_phase_changed import TwinPhaseChanged
from twin_schemas.records.twin_spec import TwinSpec

SPECS = "twin.specs"


def spec_of(twin: Twin) -> TwinSpec:
    """What workers and the sync engine shall do for a twin."""
    return TwinSpec(
        twin=twin.id,
        org=twin.org,
        name=twin.name,
        revision=twin.revision,
        desired=twin.desired,
        pool=twin.placement.pool,
        partition=twin.placement.partition,
        scene=twin.scene.name,
        scene_version=twin.scene.version,
        scene_digest=twin.scene.digest,
        scene_file=twin.scene.file,
        definition=twin.definition,
        seed=twin.seed,
        created_ns=twin.created_ns,
    )


def created(twin: Twin) -> tuple[Effect, ...]:
    """A new twin: its public topic is there before anything may run."""
    return (_phase_changed(twin), TopicWanted(twin.id, twin.name), _spec_written(twin))


def changed(before: Twin, after: Twin) -> tuple[Effect, ...]:
    """What follows from a change; nothing when nothing has changed."""
    effects: list[Effect] = []
    if after.revision != before.revision:
        effects.append(_spec_written(after))
    if after.phase is not before.phase:
        effects.append(_phase_changed(after))
    if after.phase is Phase.DELETED and before.phase is not Phase.DELETED:
        effects += (Written(after.id, SPECS, after.id, None), TopicUnwanted(after.id, after.name))
    return tuple(effects)


def _spec_written(twin: Twin) -> Written:
    return Written(twin.id, SPECS, twin.id, spec_of(twin))


def _phase_changed(twin: Twin) -> Fact:
    return Fact(
        twin.id,
        TwinPhaseChanged(
            twin.id, twin.org, twin.name, twin.revision, twin.phase, code=twin.code, message=twin.message
        ),
    )
