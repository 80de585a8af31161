"""A reading's answer is the prediction that was made of it, by what the bus says; nothing else that comes near it."""

from __future__ import annotations

import pytest
from _answers import answers, led_to
from _load import PERIOD_NS, Measured, first_heard, pair
from _stages import stages

from hanzo_twin.bus.records import Item
from twin_schemas.records import Epoch, Innovation, ObservationFrame, PredictionFrame, Quality

MS = 1_000_000
TICK = PERIOD_NS
BEGAN = 1_700_000_000_000 * MS
ALWAYS = (0, 2**62)


def said(tick: int, *readings: int, values: tuple[float, ...] = (0.1,), at: int = 0) -> Item[PredictionFrame]:
    """The prediction of a tick's frame, which had readings of two channels taken then, ms after the beginning."""
    innovations = [
        Innovation(channel, list(values), BEGAN + read * MS, Quality.GOOD)
        for read in readings
        for channel in (0, 1)
    ]
    frame = PredictionFrame(
        incarnation=1,
        offset=100 + tick,
        epoch=1,
        tick=tick,
        time_ns=BEGAN + (tick + 1) * TICK,
        parameter_version=0,
        values=[0.0],
        innovations=innovations,
        chain=bytes(16),
    )
    return Item(tick, BEGAN + at * MS, b"", frame)


def framed(tick: int, at: int) -> Item[ObservationFrame]:
    return Item(100 + tick, BEGAN + at * MS, b"", ObservationFrame(Epoch(1, "engine"), tick, [], -1))


def heard(*arrivals: tuple[int, int], plant: int = 0) -> dict[tuple[int, int], int]:
    """The predictions of these ticks came then, ms after the beginning."""
    return first_heard((plant, BEGAN + (tick + 1) * TICK, BEGAN + at * MS) for tick, at in arrivals)


def latencies(sent, predictions, came, window=ALWAYS):
    times = [[BEGAN + at * MS for at in plant] for plant in sent]
    found, unanswered = pair(times, answers(led_to(predictions), came), window)
    return found, len(unanswered)


def test_a_reading_is_answered_by_the_prediction_that_was_made_of_it():
    assert latencies([[0, 33]], [(0, said(0, 0)), (0, said(1, 33))], heard((0, 5), (1, 40))) == ([5, 7], 0)


def test_the_prediction_of_a_frame_that_closed_without_the_reading_is_no_answer_however_near_it_is():
    predictions = [(0, said(0)), (0, said(1, 2))]
    assert latencies([[2]], predictions, heard((0, 20), (1, 55))) == ([53], 0)


def test_readings_that_share_a_frame_share_its_answer():
    assert latencies([[0, 33]], [(0, said(0)), (0, said(1, 0, 33))], heard((0, 3), (1, 50))) == ([50, 17], 0)


def test_a_reading_whose_prediction_was_never_heard_is_unanswered_even_if_its_neighbours_were():
    predictions = [(0, said(tick, 33 * tick)) for tick in range(3)]
    assert latencies([[0, 33, 66]], predictions, heard((0, 5), (2, 70))) == ([5, 4], 1)


def test_a_reading_that_is_in_no_frame_is_unanswered():
    assert latencies([[0, 33]], [(0, said(0, 0)), (0, said(1))], heard((0, 5), (1, 40))) == ([5], 1)


def test_a_reading_that_came_too_late_to_be_compared_led_to_nothing():
    assert latencies([[0]], [(0, said(9, 0, values=()))], heard((9, 300))) == ([], 1)


def test_what_was_heard_before_the_reading_was_sent_is_no_answer():
    assert latencies([[10]], [(0, said(0, 10))], heard((0, 5))) == ([], 1)


def test_another_plants_answer_is_not_its_own():
    assert latencies([[0], [0]], [(0, said(0, 0)), (1, said(0, 0))], heard((0, 5), plant=1)) == ([5], 1)


def test_of_what_is_heard_or_predicted_twice_the_first_counts():
    predictions = [(0, said(0, 0)), (0, said(1, 0))]
    assert latencies([[0]], predictions, heard((0, 5), (0, 9), (1, 40))) == ([5], 0)


def test_only_readings_sent_within_the_window_count():
    predictions = [(0, said(tick, 33 * tick)) for tick in range(4)]
    came = heard((0, 1), (1, 35), (2, 69))
    window = (BEGAN + 33 * MS, BEGAN + 99 * MS)
    assert latencies([[0, 33, 66, 99]], predictions, came, window) == ([2, 3], 0)
    sent = [[BEGAN + at * MS for at in (0, 33, 66, 99)]]
    assert Measured({}, window, sent, came).readings == 2


def test_an_echo_answers_with_the_very_time_of_its_reading():
    times = [[BEGAN, BEGAN + TICK]]
    window = (BEGAN, BEGAN + 2 * TICK)
    waited = (window[1] - times[0][1]) / MS + 1000  # somebody listened for a second more
    assert pair(times, first_heard([[0, BEGAN, BEGAN + 3 * MS]]), window) == ([3], [pytest.approx(waited)])


def test_the_stages_of_a_reading_add_up_to_its_latency():
    led, came = led_to([(0, said(3, 90, at=115))]), heard((3, 120))
    spent = stages(led, [(0, framed(3, 108))], came, ALWAYS)
    assert [round(each, 3) for (each,) in spent.values()] == [10, 8, 7, 5]
    (whole,), _ = latencies([[90]], [(0, said(3, 90))], came)
    assert sum(each for (each,) in spent.values()) == pytest.approx(whole)


def test_a_reading_that_is_sent_behind_its_tick_waits_for_none():
    spent = stages(led_to([(0, said(0, 4, at=8))]), [(0, framed(0, 6))], heard((0, 9)), ALWAYS)
    assert spent == {"tick": [0], "journal": [2], "prediction": [2], "answer": [1]}


@pytest.mark.parametrize("missing", ["frame", "answer", "window"])
def test_stages_are_told_only_of_readings_of_which_everything_is_known(missing):
    spent = stages(
        led_to([(0, said(0, 4, at=8))]),
        [] if missing == "frame" else [(0, framed(0, 6))],
        {} if missing == "answer" else heard((0, 9)),
        (0, BEGAN) if missing == "window" else ALWAYS,
    )
    assert not any(spent.values())
