"""The life cycle of a twin under every order of commands and reports."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from scene_manager.domain.twin import NEXT, Report, Twin
from scene_manager.errors import PhaseConflict
from scene_manager.testing import samples as sample
from twin_schemas.records.desired import Desired
from twin_schemas.records.phase import Phase
from twin_schemas.records.sim_phase import SimPhase

_ACTIVE = {Phase.STARTING, Phase.RUNNING}


class LifeCycle(RuleBasedStateMachine):
    """Commands from people, reports from workers: some late, some repeated."""

    def __init__(self) -> None:
        super().__init__()
        self.twin = sample.twin()
        self.offset = 0
        self.past: list[Report] = []

    def became(self, after: Twin) -> None:
        """Check what holds for every step, then take it."""
        before, self.twin = self.twin, after
        if after is not before:
            assert after.phase in NEXT[before.phase]
            commanded = after.reported == -1
            assert after.revision == before.revision + commanded
            assert commanded or after.desired is before.desired
        assert (after.id, after.org, after.name, after.seed, after.placement) == (
            before.id,
            before.org,
            before.name,
            before.seed,
            before.placement,
        )

    @rule()
    def start(self) -> None:
        try:
            after = self.twin.start()
        except PhaseConflict:
            assert self.twin.phase in (Phase.STOPPING, Phase.DELETED)
            return
        assert after.phase in _ACTIVE and after.desired is Desired.RUNNING
        assert after.start() is after
        self.became(after)

    @rule()
    def stop(self) -> None:
        try:
            after = self.twin.stop()
        except PhaseConflict:
            assert self.twin.phase is Phase.DELETED
            return
        assert after.desired is Desired.STOPPED
        assert after.stop() is after
        self.became(after)

    @rule(delete=st.integers(0, 9))
    def delete(self, delete: int) -> None:
        if delete:  # seldom, or else there would be little life before it
            return
        try:
            self.became(self.twin.delete())
        except PhaseConflict:
            assert self.twin.phase is Phase.DELETED

    @rule(phase=st.sampled_from(SimPhase), behind=st.integers(0, 2))
    def report(self, phase: SimPhase, behind: int) -> None:
        self.offset += 1
        report = Report(phase, self.twin.revision - behind, self.offset, "boom", "it broke")
        self.past.append(report)
        after = self.twin.observe(report)
        if behind or self.twin.phase in (Phase.CREATED, Phase.STOPPED, Phase.DELETED):
            assert after is self.twin
        self.became(after)
        assert self.twin.observe(report) is self.twin

    @rule(data=st.data())
    def repeat_a_report(self, data: st.DataObject) -> None:
        if self.past:
            report = data.draw(st.sampled_from(self.past))
            if report.revision < self.twin.revision or report.offset <= self.twin.reported:
                assert self.twin.observe(report) is self.twin

    @invariant()
    def desired_and_phase_agree(self) -> None:
        if self.twin.phase in _ACTIVE:
            assert self.twin.desired is Desired.RUNNING
        elif self.twin.phase is not Phase.FAILED:
            assert self.twin.desired is Desired.STOPPED

    @invariant()
    def only_a_failed_twin_has_a_reason(self) -> None:
        failed = self.twin.phase is Phase.FAILED
        assert (self.twin.code is not None) == failed == (self.twin.message is not None)


TestLifeCycle = LifeCycle.TestCase
TestLifeCycle.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


def test_a_parked_twin_is_failed_for_the_control_plane() -> None:
    twin = sample.twin().start()
    parked = twin.observe(Report(SimPhase.PARKED, twin.revision, 5, "unfoldable", "remove the NaN"))
    assert (parked.phase, parked.code, parked.message) == (Phase.FAILED, "unfoldable", "remove the NaN")


def test_a_failed_twin_can_be_started_again() -> None:
    twin = sample.twin().start()
    failed = twin.observe(Report(SimPhase.FAILED, twin.revision, 5, "scene", "doesn't compile"))
    again = failed.start()
    assert (again.phase, again.revision, again.code) == (Phase.STARTING, twin.revision + 1, None)


def test_a_worker_that_gets_over_a_failure_by_itself_is_believed() -> None:
    twin = sample.twin().start()
    failed = twin.observe(Report(SimPhase.FAILED, twin.revision, 5))
    assert failed.observe(Report(SimPhase.RUNNING, twin.revision, 6)).phase is Phase.RUNNING


def test_a_status_read_again_after_a_later_one_changes_nothing() -> None:
    twin = sample.twin().start()
    running = Report(SimPhase.RUNNING, twin.revision, 5)
    failed = twin.observe(running).observe(Report(SimPhase.FAILED, twin.revision, 6))
    assert failed.observe(running) is failed
