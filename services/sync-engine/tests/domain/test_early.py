"""What sources say while a journal is being taken over enters it once."""

import pytest

from sync_engine.domain.early import EarlyMessages, FramedReadings, Message
from twin_schemas.records import Epoch, ObservationFrame, Quality, Reading

EPOCH = Epoch(1, "before us")
MS = 1_000_000


def reading(value: float, time_ns: int, channel: int = 0) -> Reading:
    return Reading(channel, [value], time_ns, Quality.GOOD)


def framed(*readings: Reading) -> FramedReadings:
    one = FramedReadings()
    one.note(ObservationFrame(EPOCH, 1, list(readings), -1))
    return one


@pytest.mark.parametrize(
    ("heard", "is_framed"),
    [
        (reading(0.5, 100 * MS), True),
        (reading(0.5, 105 * MS), True),  # without a time of its own: received a little later here
        (reading(0.5, 133 * MS), False),  # the next one of a sensor that stands still
        (reading(0.6, 100 * MS), False),
        (reading(0.5, 100 * MS, channel=1), False),
    ],
)
def test_a_reading_that_the_writer_before_us_has_framed_is_left_out(heard, is_framed):
    one = framed(reading(0.5, 100 * MS))
    assert one.without([heard]) == ([] if is_framed else [heard])
    assert one.found == is_framed


def test_each_framed_reading_stands_for_one():
    one = framed(reading(0.5, 100 * MS), reading(0.5, 110 * MS))
    again = [reading(0.5, time * MS) for time in (100, 110, 120)]
    assert one.without(again) == again[2:]


def test_of_too_many_messages_the_oldest_give_way_and_are_counted():
    early = EarlyMessages(FramedReadings())
    for number in range(4100):
        early.add(Message(0, "topic", b"", number))
    assert [message.receive_ns for message in early.take()] == list(range(4, 4100))
    assert early.lost == 4
    assert list(early.take()) == []
