import itertools
from fractions import Fraction

from sim_worker.domain.lag import LagLimits, LagWatch, Relief, Shares

S = 1_000_000_000
LIMITS = LagLimits(degraded_s=2, park_s=30, patience_s=3, every_s=10, floor_hz=Fraction(1))


def observe(watch, lags, rate=Fraction(30), start=0):
    return [watch.observe((start + second) * S, lag, rate) for second, lag in enumerate(lags)]


def test_a_twin_in_time_is_left_alone():
    watch = LagWatch(LIMITS)
    assert set(observe(watch, [0.1] * 60)) == {Relief.NONE} and watch.degraded_since is None


def test_a_short_lag_is_no_trouble():
    watch = LagWatch(LIMITS)
    assert set(observe(watch, [5, 5, 0, 5, 5, 0])) == {Relief.NONE} and watch.degraded_since is None


def test_a_growing_lag_degrades_and_asks_for_a_lower_rate_at_most_every_ten_seconds():
    watch = LagWatch(LIMITS)
    said = observe(watch, [3 + second for second in range(25)])
    assert watch.degraded_since == 0
    times = [second for second, relief in enumerate(said) if relief is Relief.SLOWER]
    assert times and all(b - a >= 10 for a, b in itertools.pairwise(times))


def test_a_twin_that_catches_up_is_degraded_but_keeps_its_rate():
    watch = LagWatch(LIMITS)
    assert set(observe(watch, [20 - second for second in range(17)])) == {Relief.NONE}
    assert watch.degraded_since == 0


def test_what_is_hopeless_at_the_lowest_rate_is_parked():
    watch = LagWatch(LIMITS)
    said = observe(watch, [20 + second for second in range(20)], rate=Fraction(1))
    assert Relief.PARK in said and Relief.SLOWER not in said


def test_one_whose_ticks_would_be_too_long_at_a_lower_rate_is_not_slowed_but_parked():
    watch = LagWatch(LIMITS)
    said = [watch.observe(second * S, 20 + second, Fraction(2), slowable=False) for second in range(20)]
    assert Relief.PARK in said and Relief.SLOWER not in said


def test_a_recovered_twin_is_not_degraded_any_more():
    watch = LagWatch(LIMITS)
    observe(watch, [5] * 10)
    observe(watch, [0.5], start=10)
    assert watch.degraded_since is None


def test_of_twins_that_lag_together_the_heavy_one_is_to_blame():
    shares = Shares()
    for used in ({"heavy": 0.8, "a": 0.02, "b": 0.02}, {"heavy": 0.0, "a": 0.02, "b": 0.02}):
        for twin, share in used.items():
            shares.observe(twin, share)
    # a look in which no tick of it ended acquits nobody
    assert [twin for twin in ("heavy", "a", "b") if shares.to_blame(twin)] == ["heavy"]


def test_where_all_use_the_same_all_are_to_blame():
    shares = Shares()
    for twin in "abc":
        shares.observe(twin, 0.3)
    assert all(shares.to_blame(twin) for twin in "abc")


def test_one_that_has_gone_is_not_the_measure_any_more():
    shares = Shares()
    shares.observe("heavy", 0.8)
    shares.observe("a", 0.02)
    shares.forget("heavy")
    assert shares.to_blame("a")
