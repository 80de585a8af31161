"""What the world is told when a twin has changed."""

from __future__ import annotations

from scene_manager.domain.effects import Effect, Fact, TopicUnwanted, TopicWanted, Written
from scene_manager.domain.revision import digest_of
from scene_manager.domain.twin import Twin
from twin_schemas.records.condition import Condition
from twin_schemas.records.control_status import ControlStatus
from twin_schemas.records.phase import Phase
from twin_schemas.records.twin_phase_changed import TwinPhaseChanged
from twin_schemas.records.twin_revised import TwinRevised
from twin_schemas.records.twin_spec import TwinSpec

SPECS = "twin.specs"
STATUS = "twin.status"


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
        updated_ns=twin.made.at_ns,
        actor=twin.made.actor,
        reason=twin.made.reason,
        definition_digest=digest_of(twin.definition),
        pending_definition=None if twin.pending is None else twin.pending.definition,
        restart_needed=list(twin.restart_needed),
    )


def status_of(twin: Twin) -> ControlStatus:
    """What the control plane says of a twin."""
    return ControlStatus(
        twin=twin.id,
        org=twin.org,
        name=twin.name,
        revision=twin.revision,
        phase=twin.phase,
        code=twin.code,
        message=twin.message,
        conditions=[Condition(each.kind, each.since_ns, each.message) for each in twin.conditions],
        at_ns=twin.phase_ns,
    )


def created(twin: Twin) -> tuple[Effect, ...]:
    """A new twin: its public topic is there before anything may run."""
    return (
        _phase_changed(twin),
        TopicWanted(twin.id, twin.name),
        _spec_written(twin),
        _status_written(twin),
    )


def changed(before: Twin, after: Twin) -> tuple[Effect, ...]:
    """What follows from a change; nothing when nothing has changed."""
    effects: list[Effect] = []
    if after.revision != before.revision:
        effects.append(_spec_written(after))
    if after.phase is not before.phase:
        effects.append(_phase_changed(after))
    if after.phase is Phase.DELETED and before.phase is not Phase.DELETED:
        effects += (
            Written(after.id, SPECS, after.id, None),
            TopicUnwanted(after.id, after.name),
            # The last of it, so that whoever sees it go knows that the name is free.
            Written(after.id, STATUS, _status_key(after), None),
        )
    elif after is not before:
        effects.append(_status_written(after))
    return tuple(effects)


def revised(before: Twin, after: Twin, paths: tuple[str, ...]) -> tuple[Effect, ...]:
    """What follows from another definition or scene, which differ in `paths`; nothing when none do."""
    if after is before:
        return ()
    wanted = after.pending
    fact = TwinRevised(
        twin=after.id,
        org=after.org,
        name=after.name,
        revision=after.revision,
        changed=list(paths),
        restart_needed=list(after.restart_needed),
        definition_digest=digest_of(wanted.definition if wanted else after.definition),
        scene_digest=(wanted.scene if wanted else after.scene).digest,
        actor=after.made.actor,
        reason=after.made.reason,
        at_ns=after.made.at_ns,
    )
    return (Fact(after.id, fact), *changed(before, after))


def _status_key(twin: Twin) -> str:
    return f"{twin.id}/control"


def _status_written(twin: Twin) -> Written:
    return Written(twin.id, STATUS, _status_key(twin), status_of(twin))


def _spec_written(twin: Twin) -> Written:
    return Written(twin.id, SPECS, twin.id, spec_of(twin))


def _phase_changed(twin: Twin) -> Fact:
    return Fact(
        twin.id,
        TwinPhaseChanged(
            twin.id, twin.org, twin.name, twin.revision, twin.phase, code=twin.code, message=twin.message
        ),
    )
