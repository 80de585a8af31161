from __future__ import annotations

from typing import Any

import pytest

from hanzo_twin.audit import Account, PredictionEntry, UnequalRepeat, VoidPrediction, account

Run = Any  # the fixture's class, in conftest.py


def settle(run: Run, *, killed_ms: int | None = None, budget_ms: float = 50.0) -> Account:
    return account(
        run.journal,
        run.predictions,
        run.public,
        window_ms=run.window_ms,
        budget_ms=budget_ms,
        killed_ms=killed_ms,
    )


def test_a_run_in_which_all_went_well_has_lost_and_repeated_nothing(run: Run) -> None:
    settled = settle(run)
    assert (settled.ticks, settled.predictions) == (300, 300)
    assert (settled.lost, settled.unpublished, settled.repeated, settled.over_budget) == (0, 0, 0, 0)


def test_a_frame_without_a_prediction_is_lost(run: Run) -> None:
    del run.predictions[120], run.public[120]
    settled = settle(run)
    assert (settled.ticks, settled.predictions, settled.lost) == (300, 299, 1)


def test_a_prediction_that_never_became_public_is_counted_apart_from_the_lost(run: Run) -> None:
    del run.public[120]
    settled = settle(run)
    assert (settled.lost, settled.unpublished) == (0, 1)


def test_an_equal_repeat_is_counted_once_and_hides_no_loss(run: Run) -> None:
    run.predictions[50] = run.predictions[49]
    settled = settle(run)
    assert (settled.repeated, settled.lost) == (1, 1)


def test_a_repeat_that_differs_in_its_bytes_is_an_error_that_names_the_tick(run: Run) -> None:
    run.predictions.append(run.prediction(1, run.predictions[49].frame.offset, 49, innovation=0.010000001))
    with pytest.raises(UnequalRepeat, match="tick 49"):
        settle(run)


def test_equal_values_in_other_bytes_are_an_unequal_repeat_too(run: Run) -> None:
    run.predictions.append(PredictionEntry(b"other", run.predictions[49].frame))
    with pytest.raises(UnequalRepeat):
        settle(run)


def test_a_void_frame_of_a_fenced_writer_needs_no_prediction(run: Run) -> None:
    run.append(run.acquired(run.SECOND), run.at_ms(299))
    run.frame(run.FIRST, 300, run.at_ms(299))
    settled = settle(run)
    assert (settled.ticks, settled.lost) == (300, 0)


def test_a_frame_of_the_new_epoch_needs_its_prediction(run: Run) -> None:
    run.append(run.acquired(run.SECOND), run.at_ms(299))
    run.frame(run.SECOND, 300, run.at_ms(299))
    assert settle(run).lost == 1


def test_a_prediction_from_a_void_frame_is_an_error(run: Run) -> None:
    run.append(run.acquired(run.SECOND), run.at_ms(299))
    run.frame(run.FIRST, 300, run.at_ms(299))
    run.predictions.append(run.prediction(1, run.journal[-1].offset, 300))
    with pytest.raises(VoidPrediction, match="tick 300"):
        settle(run)


def test_an_innovation_of_a_channel_that_the_genesis_does_not_know_is_refused(run: Run) -> None:
    run.predictions[3].frame.innovations[0].channel = 9
    with pytest.raises(VoidPrediction, match="channel 9"):
        settle(run)


def test_a_prediction_of_the_former_incarnation_does_not_stand_for_a_frame_of_the_new_one(run: Run) -> None:
    run.append(run.genesis(run.FIRST, 2), run.at_ms(299))
    run.frame(run.FIRST, 0, run.at_ms(299))
    run.predictions.append(run.prediction(1, run.journal[-1].offset, 0))
    with pytest.raises(VoidPrediction):
        settle(run)


def test_frames_of_the_warm_up_do_not_count(run: Run) -> None:
    del run.predictions[10], run.public[10]
    settled = account(
        run.journal,
        run.predictions,
        run.public,
        window_ms=(run.START_MS + 5000, run.window_ms[1]),
        budget_ms=50.0,
    )
    assert (settled.ticks, settled.lost) == (150, 0)


def test_innovations_are_summarised_by_channel_in_the_channel_table(run: Run) -> None:
    run.predictions = [
        run.prediction(1, e.frame.offset, e.frame.tick, innovation=0.03) for e in run.predictions
    ]
    assert settle(run).innovation_rms == {"/World/hinge.position": pytest.approx(0.03)}


def test_a_slow_prediction_is_over_budget(run: Run) -> None:
    run.public[200].prediction.latency_ns = 60_000_000
    settled = settle(run)
    assert settled.over_budget == 1
    assert settled.latency == {"p50": 4.0, "p99": 4.0, "max": 60.0}


def test_an_unknown_latency_is_neither_fast_nor_slow(run: Run) -> None:
    for entry in run.public[:200]:
        entry.prediction.latency_ns = -1
    run.public[250].prediction.latency_ns = 9_000_000
    assert settle(run).latency == {"p50": 4.0, "p99": 4.0, "max": 9.0}


def test_the_latency_of_the_recovery_is_left_out_and_still_over_budget(run: Run) -> None:
    run.crash(150, run.at_ms(150) + 2300)
    settled = settle(run, killed_ms=run.at_ms(150))
    assert settled.latency["max"] == 4.0
    assert settled.over_budget == 68  # those that waited for more than 50 of the 2300 ms
    assert settled.lost == 0


def test_the_recovery_is_the_longest_gap_after_the_kill(run: Run) -> None:
    run.crash(150, run.at_ms(150) + 2300)
    recovery = settle(run, killed_ms=run.at_ms(150)).recovery
    assert recovery is not None
    assert recovery.longest_gap_s == pytest.approx(2.3 + 1 / 30, abs=0.01)


def test_a_stream_that_never_comes_back_has_no_recovery(run: Run) -> None:
    run.public = run.public[:150]
    settled = settle(run, killed_ms=run.at_ms(150))
    assert settled.recovery is None
    assert settled.unpublished == 150


def test_the_account_of_nothing_has_no_latencies() -> None:
    settled = account([], [], [], window_ms=(0, 1), budget_ms=50.0)
    assert settled.latency == {"p50": None, "p99": None, "max": None}
    assert settled.ticks == 0
