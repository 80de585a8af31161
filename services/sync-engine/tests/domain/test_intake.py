"""One source's messages become readings, each once."""

import pytest

from sync_engine.domain.intake import Intake
from sync_engine.domain.repeats import REMEMBERED
from sync_engine.domain.source_clock import SourceClock
from sync_engine.domain.tally import Tally
from twin_common.definition import MqttSource
from twin_schemas.records import Channel, ChannelKind, ChannelRole

MS = 1_000_000
START = 1_700_000_000_000 * MS
CHANNELS = [Channel(0, "/Arm/elbow", ChannelKind.POSITION, "rad", ChannelRole.OBSERVED)]


def intake(tally, **mapping):
    source = MqttSource.model_validate(
        {
            "type": "mqtt",
            "broker": "mqtt://127.0.0.1:1883",
            "topic": "arm/#",
            "mapping": {"elbow": {"target": "/Arm/elbow.position", **mapping}},
        }
    )
    one = Intake("arm", source, SourceClock(), tally, 1000)
    one.map_onto(CHANNELS)
    return one


@pytest.fixture
def tally():
    return Tally()


@pytest.fixture
def timed(tally):
    """A source that says when its readings were taken."""
    return intake(tally, time="t", time_unit="ns")


def message(number, value=1):
    return b'{"value": %d, "t": %d}' % (value, START + number * MS)


def test_a_message_that_comes_twice_is_one_reading_and_counted(timed, tally):
    for number in (1, 2, 1, 3, 2):
        timed.receive("arm/elbow", message(number), START + 10 * MS)
    assert tally.counts["readings_repeated"] == tally.counts["readings_repeated.arm"] == 2


def test_a_late_message_is_a_reading_of_its_own_time(timed, tally):
    times = [
        reading.time_ns
        for number in (3, 1, 2)
        for reading in timed.receive("arm/elbow", message(number), START + 10 * MS)
    ]
    assert times == [START + 3 * MS, START + 1 * MS, START + 2 * MS]
    assert not tally.counts["readings_repeated"]


def test_another_value_of_the_same_time_is_another_reading(timed):
    assert timed.receive("arm/elbow", message(1, 1), START + 10 * MS)
    assert timed.receive("arm/elbow", message(1, 2), START + 10 * MS)


def test_without_a_time_the_same_bytes_are_a_new_reading(tally):
    untimed = intake(tally)
    assert untimed.receive("arm/elbow", b"1.5", START)
    assert untimed.receive("arm/elbow", b"1.5", START + MS)


def test_only_so_many_messages_are_remembered(timed, tally):
    for number in range(REMEMBERED + 1):
        timed.receive("arm/elbow", message(number), START + number * MS)
    assert timed.receive("arm/elbow", message(0), START + 1000 * MS)
    assert not timed.receive("arm/elbow", message(2), START + 1000 * MS)
    assert tally.counts["readings_repeated"] == 1
