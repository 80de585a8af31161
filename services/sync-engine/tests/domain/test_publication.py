"""Predictions on their way out, and what they took."""

import json
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from sync_engine.domain.latency import LatencyAccount, percentile
from sync_engine.domain.publication import ChannelTable, Publication, to_json
from twin_schemas.records import (
    Channel,
    ChannelKind,
    ChannelRole,
    Innovation,
    PredictionFrame,
    Quality,
    TwinPrediction,
)

MS = 1_000_000
CHANNELS = [
    Channel(0, "/A", ChannelKind.POSITION, "rad", ChannelRole.OBSERVED),
    Channel(1, "/A", ChannelKind.EFFORT, "N*m", ChannelRole.INPUT),
    Channel(2, "/B", ChannelKind.POSE, "m", ChannelRole.OBSERVED),
]


class Genesis:
    incarnation = 1
    channels = CHANNELS


def frame(offset: int, incarnation: int = 1, innovations=()) -> PredictionFrame:
    return PredictionFrame(
        incarnation, offset, 1, offset, 5, 0, [float(n) for n in range(8)], list(innovations), b"\0" * 16
    )


def publication(newest=(0, -1)) -> Publication:
    one = Publication("twin", "name", newest)
    one.begin(Genesis())
    return one


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(-1, 30))
def test_each_prediction_goes_out_once_and_only_behind_what_is_public(offsets, newest):
    one = publication((1, newest))
    out = [offset for offset in offsets if one.admits(frame(offset))]
    assert out == sorted(set(out))
    assert all(offset > newest for offset in out)
    assert one.repeated == len(offsets) - len(out)


def test_what_is_held_back_goes_on_behind_what_is_public_then():
    one = publication((1, 3))
    assert one.admits(frame(5))
    one.hold_back(5)
    assert not one.admits(frame(6))
    one.go_on((1, 4), 0)
    assert [offset for offset in (4, 5, 6, 6) if one.admits(frame(offset))] == [5, 6]


def test_what_is_new_while_it_is_held_back_has_to_be_read_again():
    one = publication((1, 5))
    one.remember_refused(frame(6), 50)
    assert one.held_back_ns is None
    one.hold_back(100)
    one.remember_refused(frame(5), 40)  # it is public
    assert one.held_back_ns == 100
    one.remember_refused(frame(6), 50)
    one.remember_refused(frame(7), 60)
    assert one.held_back_ns == 50


def test_a_prediction_of_another_incarnation_is_not_published():
    one = publication()
    assert not one.admits(frame(5, incarnation=2))
    assert one.unknown == 1


def test_what_the_worker_still_has_to_say_of_the_incarnation_before_goes_out_as_that_ones():
    one = publication()
    one.begin(SimpleNamespace(incarnation=2, channels=CHANNELS[:1]))
    late = frame(5, innovations=[Innovation(2, [0.5], 0, Quality.GOOD)])
    assert one.tells(late)
    assert one.admits(late)
    assert [value.path for value in one.public(late, 0).values] == ["/A.position", "/B.pose"]
    assert one.innovation_rms() == {"/B.pose": 0.5}
    first = PredictionFrame(2, 9, 1, 9, 5, 0, [0.0], [], b"\0" * 16)
    assert [one.admits(each) for each in (first, frame(6))] == [True, False]
    one.begin(SimpleNamespace(incarnation=3, channels=CHANNELS))
    assert not one.admits(frame(7))
    assert (one.repeated, one.unknown) == (2, 0)


def test_a_prediction_that_speaks_of_channels_which_the_twin_lacks_is_not_published():
    one = publication()
    for channel in (-1, len(CHANNELS), 2**31 - 1):
        assert not one.admits(frame(5, innovations=[Innovation(channel, [0.5], 0, Quality.GOOD)]))
    assert one.unknown == 3
    assert one.innovation_rms() == {}
    assert one.admits(frame(5))


def test_an_innovation_beyond_measure_is_shown_as_such():
    one = publication()
    assert one.admits(frame(5, innovations=[Innovation(0, [1e308], 0, Quality.GOOD)]))
    assert one.innovation_rms() == {"/A.position": float("inf")}


def test_values_are_told_apart_by_path_and_kind():
    values = ChannelTable(CHANNELS).values([float(n) for n in range(8)])
    assert [(v.path, v.unit, v.values) for v in values] == [
        ("/A.position", "rad", [0.0]),
        ("/B.pose", "m", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]),
    ]


def test_mqtt_gets_the_same_fields_with_values_by_path():
    one = publication()
    innovation = Innovation(0, [0.25], 4, Quality.GOOD)
    assert one.admits(frame(7, innovations=[innovation, Innovation(0, [], 4, Quality.LATE)]))
    record = one.public(frame(7, innovations=[innovation]), 9)
    said = json.loads(to_json(record))
    assert set(said) == {*TwinPrediction.__slots__, "units"}
    assert said["values"] == {"/A.position": 0.0, "/B.pose": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]}
    assert said["innovations"] == [{"path": "/A.position", "value": 0.25}]
    assert one.innovation_rms() == {"/A.position": 0.25}
    assert one.innovation_rms() == {}


def test_latency_runs_from_the_later_of_tick_and_newest_receipt():
    account = LatencyAccount(50 * MS)
    account.closed(1, 100 * MS, 0, 116 * MS)
    account.closed(2, 200 * MS, 203 * MS, 203 * MS)
    assert account.published(1, 120 * MS) == 20 * MS
    assert account.published(2, 213 * MS) == 10 * MS
    assert account.published(2, 300 * MS) == -1
    assert account.take_waits() == [16 * MS, 3 * MS]


def test_over_budget_is_counted_and_the_summary_begins_anew():
    account = LatencyAccount(50 * MS)
    for tick, took in enumerate((10, 50, 51)):
        account.closed(tick, 0, 0, 0)
        account.published(tick, took * MS)
    assert account.overruns == 1
    summary = account.summary()
    assert (summary.count, summary.p50_ms, summary.max_ms) == (3, 50.0, 51.0)
    assert account.summary().count == 0


@given(st.lists(st.integers(), min_size=1), st.floats(0, 1))
def test_a_percentile_is_the_nearest_rank(values, share):
    ordered = sorted(values)
    found = percentile(ordered, share)
    assert sum(value <= found for value in ordered) >= share * len(ordered)
