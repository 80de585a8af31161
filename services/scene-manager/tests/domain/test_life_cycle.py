"""The life cycle of a twin under every order of commands and reports."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from scene_manager.domain.report import Condition, Report
from scene_manager.domain.revision import Pending
from scene_manager.domain.twin import NEXT, Twin
from scene_manager.errors import PhaseConflict
from scene_manager.testing import samples as sample
from scene_manager.testing.samples import MADE
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

    def became(self, after: Twin, *, reported: bool = False, revised: bool = False) -> None:
        """Check what holds for every step, then take it."""
        before, self.twin = self.twin, after
        if after is not before:
            assert after.phase is before.phase or after.phase in NEXT[before.phase]
            assert after.revision == before.revision + (not reported)
            assert after.life == (before.life if reported or revised else after.revision)
            assert after.phase is before.phase or not revised
            assert not (reported or revised) or after.desired is before.desired
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
            after = self.twin.start(MADE)
        except PhaseConflict:
            assert self.twin.phase in (Phase.RUNNING, Phase.STOPPING, Phase.DELETED)
            return
        assert after.phase is Phase.STARTING and after.desired is Desired.RUNNING
        if after is not self.twin:
            wanted = self.twin.pending or self.twin
            assert (after.definition, after.scene, after.pending) == (wanted.definition, wanted.scene, None)
        assert after.start(MADE) is after
        self.became(after)

    @rule()
    def stop(self) -> None:
        try:
            after = self.twin.stop(MADE)
        except PhaseConflict:
            assert self.twin.phase is Phase.DELETED
            return
        assert after.desired is Desired.STOPPED
        assert after.stop(MADE) is after
        self.became(after)

    @rule(delete=st.integers(0, 9))
    def delete(self, delete: int) -> None:
        if delete:  # seldom, or else there would be little life before it
            return
        try:
            self.became(self.twin.delete(MADE))
        except PhaseConflict:
            assert self.twin.phase is Phase.DELETED

    @rule(text=st.sampled_from("abc"), waits=st.booleans())
    def revise(self, text: str, waits: bool) -> None:
        if self.twin.phase is Phase.DELETED:
            return
        pending = Pending(text, self.twin.scene, ("scene",)) if waits and not self.twin.at_rest else None
        active = self.twin.definition if waits else text
        after = self.twin.revise(active, self.twin.scene, pending, MADE)
        assert after.revise(active, self.twin.scene, pending, MADE) is after
        self.became(after, revised=True)

    @rule(
        phase=st.sampled_from(SimPhase),
        behind=st.integers(0, 2),
        kinds=st.sets(st.sampled_from(["degraded", "stale"])),
    )
    def report(self, phase: SimPhase, behind: int, kinds: set[str]) -> None:
        self.offset += 1
        conditions = tuple(Condition(kind, self.offset, "so it is") for kind in sorted(kinds))
        number = self.twin.revision - behind
        report = Report(
            phase,
            number,
            self.offset,
            "boom",
            "it broke",
            conditions,
            at_ns=self.offset,
            taken_ms=self.offset,
        )
        self.past.append(report)
        after = self.twin.observe(report)
        if number < self.twin.life or self.twin.phase in (Phase.CREATED, Phase.STOPPED, Phase.DELETED):
            assert after is self.twin
        self.became(after, reported=True)
        assert self.twin.observe(report) is self.twin

    @rule(data=st.data())
    def repeat_a_report(self, data: st.DataObject) -> None:
        if self.past:
            report = data.draw(st.sampled_from(self.past))
            if report.revision < self.twin.life or report.offset <= self.twin.reported:
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

    @invariant()
    def only_what_a_worker_does_has_conditions(self) -> None:
        kinds = [condition.kind for condition in self.twin.conditions]
        assert kinds == sorted(set(kinds))
        assert not kinds or self.twin.phase not in (Phase.CREATED, Phase.STOPPED, Phase.DELETED)


TestLifeCycle = LifeCycle.TestCase
TestLifeCycle.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


def test_a_parked_twin_is_failed_for_the_control_plane() -> None:
    twin = sample.twin().start(MADE)
    parked = twin.observe(Report(SimPhase.PARKED, twin.revision, 5, "unfoldable", "remove the NaN"))
    assert (parked.phase, parked.code, parked.message) == (Phase.FAILED, "unfoldable", "remove the NaN")


def test_a_failed_twin_can_be_started_again() -> None:
    twin = sample.twin().start(MADE)
    failed = twin.observe(Report(SimPhase.FAILED, twin.revision, 5, "scene", "doesn't compile"))
    again = failed.start(MADE)
    assert (again.phase, again.revision, again.code) == (Phase.STARTING, twin.revision + 1, None)


def test_a_worker_that_gets_over_a_failure_by_itself_is_believed() -> None:
    twin = sample.twin().start(MADE)
    failed = twin.observe(Report(SimPhase.FAILED, twin.revision, 5))
    assert failed.observe(Report(SimPhase.RUNNING, twin.revision, 6)).phase is Phase.RUNNING


def test_a_status_read_again_after_a_later_one_changes_nothing() -> None:
    twin = sample.twin().start(MADE)
    running = Report(SimPhase.RUNNING, twin.revision, 5)
    failed = twin.observe(running).observe(Report(SimPhase.FAILED, twin.revision, 6))
    assert failed.observe(running) is failed


def test_what_a_broker_takes_after_it_was_set_back_counts_though_its_offset_was_given_before() -> None:
    twin = sample.twin().start(MADE)
    running = twin.observe(Report(SimPhase.RUNNING, twin.revision, 500, taken_ms=1000))
    failed = running.observe(Report(SimPhase.FAILED, twin.revision, 6, taken_ms=9000))
    assert (failed.phase, failed.reported) == (Phase.FAILED, 6)
    assert failed.observe(Report(SimPhase.RUNNING, twin.revision, 5, taken_ms=900)) is failed
    assert failed.observe(Report(SimPhase.RUNNING, twin.revision, 7, taken_ms=9100)).phase is Phase.RUNNING


def test_without_a_time_known_the_offset_alone_says_what_was_seen() -> None:
    twin = replace(sample.twin().start(MADE), phase=Phase.RUNNING, reported=41)
    assert twin.observe(Report(SimPhase.FAILED, twin.revision, 41, taken_ms=9000)) is twin


def test_a_parked_twin_has_a_condition_that_names_its_offset() -> None:
    twin = sample.twin().start(MADE)
    parked = twin.observe(
        Report(SimPhase.PARKED, twin.revision, 5, "unfoldable", "remove the NaN", folded=41, at_ns=7)
    )
    assert parked.conditions == (Condition("parked", 7, "after journal offset 41: remove the NaN"),)


def test_a_condition_holds_since_it_was_first_reported() -> None:
    twin = sample.twin().start(MADE)
    stale, degraded = Condition("stale", 10, "silent for 2 s"), Condition("degraded", 30, "behind")
    first = twin.observe(Report(SimPhase.RUNNING, twin.revision, 5, conditions=(stale,)))
    assert first.observe(Report(SimPhase.RUNNING, twin.revision, 6, conditions=(stale,))) is first
    later = Condition("stale", 20, "silent for 9 s")
    both = first.observe(Report(SimPhase.RUNNING, twin.revision, 7, conditions=(later, degraded)))
    assert [(each.kind, each.since_ns) for each in both.conditions] == [("degraded", 30), ("stale", 10)]
    assert both.observe(Report(SimPhase.RUNNING, twin.revision, 8)).conditions == ()


def test_a_report_about_the_revision_before_an_update_counts() -> None:
    twin = sample.twin().start(MADE)
    updated = twin.revise("{}", twin.scene, None, MADE)
    assert updated.observe(Report(SimPhase.RUNNING, twin.revision, 5)).phase is Phase.RUNNING
