"""Growth is seen where there is some, and nowhere else."""

import math

import pytest
from soaking.flat import growth, rise

TIMES = [7.5 * n for n in range(240)]
NAN = float("nan")


def test_what_stays_has_no_growth_whatever_happened_in_the_first_third():
    assert growth(TIMES, [1.0 * n if n < 80 else 100.0 for n in range(240)]) == 0


def test_what_leaks_grows_by_what_it_leaked_in_the_last_two_thirds():
    assert growth(TIMES, [100 + 0.1 * n for n in range(240)]) == pytest.approx(0.1 * 160 / 116, rel=0.02)


def test_peaks_of_faults_and_processes_that_were_away_are_no_growth():
    assert growth(TIMES, [500.0 if n % 12 == 0 else NAN if n % 9 == 0 else 100.0 for n in range(240)]) == 0


def test_a_leak_is_seen_beside_processes_that_were_away():
    assert growth(TIMES, [NAN if n % 9 == 0 else 100 + 0.1 * n for n in range(240)]) > 0.1


def test_what_was_hardly_ever_there_is_not_called_flat():
    assert math.isnan(growth(TIMES, [100.0 if n % 3 == 0 else NAN for n in range(240)]))


def test_a_jump_in_the_last_fifth_is_no_growth_but_a_rise():
    jumped = [100.0 if n < 200 else 130.0 for n in range(240)]
    assert growth(TIMES, jumped) == 0
    assert rise(TIMES, jumped) == pytest.approx(0.3)


def test_what_was_there_before_it_settled_and_single_peaks_are_no_rise():
    assert rise(TIMES, [1.0 * n if n < 79 else 500.0 if n % 12 == 0 else 100.0 for n in range(240)]) == 0


def test_what_was_hardly_there_at_the_end_has_no_known_rise():
    assert math.isnan(rise(TIMES, [100.0 if n < 220 else NAN for n in range(240)]))
