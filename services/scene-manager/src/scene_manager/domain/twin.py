"""The life cycle of a twin: what may follow what. Pure: no clock, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from scene_manager.domain.placement import Placement
from scene_manager.domain.report import Condition, Report
from scene_manager.domain.revision import Made, Pending
from scene_manager.domain.scene import PinnedScene
from scene_manager.errors import PhaseConflict
from twin_schemas.records.desired import Desired
from twin_schemas.records.phase import Phase
from twin_schemas.records.sim_phase import SimPhase

NEXT: Final[Mapping[Phase, frozenset[Phase]]] = {
    Phase.CREATED: frozenset({Phase.STARTING, Phase.DELETED}),
    Phase.STARTING: frozenset({Phase.RUNNING, Phase.STOPPING, Phase.FAILED, Phase.DELETED}),
    Phase.RUNNING: frozenset({Phase.STOPPING, Phase.FAILED, Phase.DELETED}),
    Phase.STOPPING: frozenset({Phase.STOPPED, Phase.FAILED, Phase.DELETED}),
    Phase.STOPPED: frozenset({Phase.STARTING, Phase.DELETED}),
    # A worker may get over a failure by itself (another one took the twin), hence RUNNING and STOPPED.
    Phase.FAILED: frozenset({Phase.STARTING, Phase.RUNNING, Phase.STOPPING, Phase.STOPPED, Phase.DELETED}),
    Phase.DELETED: frozenset(),
}
"""Every move that there is."""

_AT_REST = frozenset({Phase.CREATED, Phase.STOPPED})
_FAILURES = frozenset({SimPhase.FAILED, SimPhase.PARKED})


@dataclass(frozen=True, slots=True)
class Twin:
    """A twin as the control plane knows it.

    Every method returns the twin as it is afterwards, and the very same object when nothing has changed.

    Attributes:
        revision: counts every change of what is desired, from 1; a worker's report names the one it means.
        phase: how far it is.
        scene, definition: what acts now; the definition as canonical JSON.
        seed: seed of everything random in it, in [0, 2**63).
        created_ns: ns since the Unix epoch.
        made: where this revision comes from.
        pending: what acts after a restart, when that is something else.
        life: the revision in which it was last started, stopped or created; reports of earlier ones are past.
        phase_ns: when the phase changed, ns since the Unix epoch.
        code, message: why it failed, in phase failed only.
        conditions: what holds beside the phase, by kind.
        reported: offset of the last report that changed something in this life; -1 when none did.
        reported_ms: when the broker took that report, ms since the Unix epoch; 0: not known.
    """

    id: str
    org: str
    name: str
    revision: int
    phase: Phase
    desired: Desired
    placement: Placement
    scene: PinnedScene
    definition: str
    seed: int
    created_ns: int
    made: Made
    pending: Pending | None = None
    life: int = 1
    phase_ns: int = 0
    code: str | None = None
    message: str | None = None
    conditions: tuple[Condition, ...] = ()
    reported: int = -1
    reported_ms: int = 0

    @property
    def at_rest(self) -> bool:
        """Whether nothing of it runs, so that every change acts at once."""
        return self.phase in _AT_REST

    @property
    def restart_needed(self) -> tuple[str, ...]:
        """Paths of the definition that wait for a restart."""
        return () if self.pending is None else self.pending.restart_needed

    def start(self, made: Made) -> Twin:
        """Ask for the twin to run, with all that was pending; starting one that is on its way changes nothing.

        Raises:
            PhaseConflict: it runs, is stopping or deleted; the message says what to do.
        """
        if self.phase is Phase.STARTING:
            return self
        if self.phase is Phase.RUNNING:
            raise PhaseConflict(
                "already_running",
                f"twin {self.name!r} runs already; to start it anew, stop it and start it once it is stopped",
            )
        if self.phase is Phase.STOPPING:
            raise PhaseConflict(
                "phase_conflict", f"twin {self.name!r} is stopping; start it once it is stopped"
            )
        started = self._desire(Desired.RUNNING, Phase.STARTING, made)
        if self.pending is None:
            return started
        return replace(started, definition=self.pending.definition, scene=self.pending.scene, pending=None)

    def stop(self, made: Made) -> Twin:
        """Ask for the twin to stop, a failed one too; stopping one that doesn't run changes nothing.

        Raises:
            PhaseConflict: it is deleted.
        """
        if self.phase in (Phase.CREATED, Phase.STOPPING, Phase.STOPPED):
            return self
        return self._desire(Desired.STOPPED, Phase.STOPPING, made)

    def delete(self, made: Made) -> Twin:
        """Take the twin away for good.

        Raises:
            PhaseConflict: it is deleted already.
        """
        return self._desire(Desired.STOPPED, Phase.DELETED, made)

    def revise(self, definition: str, scene: PinnedScene, pending: Pending | None, made: Made) -> Twin:
        """Give it another definition or scene; the phase stays.

        Args:
            definition: what acts from now on.
            scene: likewise.
            pending: what acts after a restart, when that is something else.
            made: where the revision comes from.
        """
        if (definition, scene, pending) == (self.definition, self.scene, self.pending):
            return self
        return replace(
            self,
            revision=self.revision + 1,
            definition=definition,
            scene=scene,
            pending=pending,
            made=made,
        )

    def observe(self, report: Report) -> Twin:
        """Take note of a worker's report; one of a former life, or seen before, changes nothing."""
        if not self.life <= report.revision <= self.revision or self._knows(report):
            return self
        if self.at_rest or self.phase is Phase.DELETED:
            return self
        phase = self._phase_after(report.phase)
        conditions = () if phase is Phase.STOPPED else report.holding(self.conditions)
        if phase is self.phase and _kinds(conditions) == _kinds(self.conditions):
            return self
        seen = replace(self, conditions=conditions, reported=report.offset, reported_ms=report.taken_ms)
        if phase is self.phase:
            return seen
        seen = replace(seen, phase=phase, phase_ns=report.at_ns, code=None, message=None)
        if phase is Phase.FAILED:
            code = report.code or report.phase.value
            return replace(
                seen, code=code, message=report.message or "the worker gave no reason; look at its log"
            )
        return seen

    def _knows(self, report: Report) -> bool:
        """Whether a report isn't after the last one that changed something.

        A broker that was set back gives smaller offsets to what it takes from then on, but at later times.
        """
        if report.offset > self.reported:
            return False
        return self.reported_ms == 0 or report.taken_ms <= self.reported_ms

    def _phase_after(self, seen: SimPhase) -> Phase:
        """The phase after a report of this life; unexpected reports leave it as it is."""
        if seen in _FAILURES:
            return Phase.FAILED
        if self.desired is Desired.RUNNING and seen is SimPhase.RUNNING:
            return Phase.RUNNING
        if self.desired is Desired.STOPPED and seen is SimPhase.STOPPED:
            return Phase.STOPPED
        return self.phase

    def _desire(self, desired: Desired, phase: Phase, made: Made) -> Twin:
        if phase not in NEXT[self.phase]:
            raise PhaseConflict(
                "phase_conflict",
                f"twin {self.name!r} is {self.phase.value}, so it can't become {phase.value}",
            )
        return replace(
            self,
            revision=self.revision + 1,
            life=self.revision + 1,
            desired=desired,
            phase=phase,
            phase_ns=made.at_ns,
            made=made,
            code=None,
            message=None,
            conditions=(),
            reported=-1,
            reported_ms=0,
        )


def _kinds(conditions: tuple[Condition, ...]) -> tuple[str, ...]:
    return tuple(condition.kind for condition in conditions)
