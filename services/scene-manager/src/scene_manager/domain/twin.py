"""The life cycle of a twin: what may follow what. Pure: no clock, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from scene_manager.domain.placement import Placement
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

_FAILURES = frozenset({SimPhase.FAILED, SimPhase.PARKED})


@dataclass(frozen=True, slots=True)
class Report:
    """What a worker said of a twin.

    Attributes:
        revision: the revision that the worker acts on.
        offset: where the report lies in the status topic; later ones are larger.
        code: reason of a failure.
        message: what is wrong and what to do.
    """

    phase: SimPhase
    revision: int
    offset: int
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Twin:
    """A twin as the control plane knows it.

    Every method returns the twin as it is afterwards, and the very same object when nothing has changed.

    Attributes:
        revision: counts every change of what is desired, from 1; a worker's report names the one it means.
        phase: how far it is.
        definition: canonical JSON.
        seed: seed of everything random in it, in [0, 2**63).
        created_ns: ns since the Unix epoch.
        code, message: why it failed, in phase failed only.
        reported: offset of the last report that changed something in this revision; -1 when none did.
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
    code: str | None = None
    message: str | None = None
    reported: int = -1

    def start(self) -> Twin:
        """Ask for the twin to run; starting one that is on its way or running changes nothing.

        Raises:
            PhaseConflict: it is stopping or deleted; the message names the phase to wait for.
        """
        if self.phase in (Phase.STARTING, Phase.RUNNING):
            return self
        if self.phase is Phase.STOPPING:
            raise PhaseConflict(
                "phase_conflict", f"twin {self.name!r} is stopping; start it once it is stopped"
            )
        return self._desire(Desired.RUNNING, Phase.STARTING)

    def stop(self) -> Twin:
        """Ask for the twin to stop, a failed one too; stopping one that doesn't run changes nothing.

        Raises:
            PhaseConflict: it is deleted.
        """
        if self.phase in (Phase.CREATED, Phase.STOPPING, Phase.STOPPED):
            return self
        return self._desire(Desired.STOPPED, Phase.STOPPING)

    def delete(self) -> Twin:
        """Take the twin away for good.

        Raises:
            PhaseConflict: it is deleted already.
        """
        return self._desire(Desired.STOPPED, Phase.DELETED)

    def observe(self, report: Report) -> Twin:
        """Take note of a worker's report; one of another revision, or seen before, changes nothing."""
        if report.revision != self.revision or report.offset <= self.reported:
            return self
        phase = self._phase_after(report.phase)
        if phase is self.phase:
            return self
        if phase is Phase.FAILED:
            code = report.code or report.phase.value
            message = report.message or "the worker gave no reason; look at its log"
            return replace(self, phase=phase, code=code, message=message, reported=report.offset)
        return replace(self, phase=phase, code=None, message=None, reported=report.offset)

    def _phase_after(self, seen: SimPhase) -> Phase:
        """The phase after a report of this revision; unexpected reports leave it as it is."""
        if self.phase in (Phase.CREATED, Phase.STOPPED, Phase.DELETED):
            return self.phase
        if seen in _FAILURES:
            return Phase.FAILED
        if self.desired is Desired.RUNNING and seen is SimPhase.RUNNING:
            return Phase.RUNNING
        if self.desired is Desired.STOPPED and seen is SimPhase.STOPPED:
            return Phase.STOPPED
        return self.phase

    def _desire(self, desired: Desired, phase: Phase) -> Twin:
        if phase not in NEXT[self.phase]:
            raise PhaseConflict(
                "phase_conflict",
                f"twin {self.name!r} is {self.phase.value}, so it can't become {phase.value}",
            )
        return replace(
            self,
            revision=self.revision + 1,
            desired=desired,
            phase=phase,
            code=None,
            message=None,
            reported=-1,
        )
