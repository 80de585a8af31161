"""Streams that weren't there are told from those that nothing happened to."""

from dataclasses import replace

import pytest
from _unbroken import complete
from scale_streams import EPOCH, FIRST, FRAMES, well

from hanzo_twin.audit.entries import JournalEntry
from twin_schemas.records import Epoch, ObservationFrame, Quality, Reading, SourcesAcquired

RATE_HZ, END_MS = 10, 100 * FRAMES
READING = Reading(0, [1.0], 0, Quality.GOOD)


MESSAGES = "messages in frames of those due, least of a twin"


def heard(evidence, until=FRAMES):
    """The same, with readings up to a tick."""

    def with_readings(entry):
        record = entry.record
        if isinstance(record, ObservationFrame) and record.tick < until:
            return replace(entry, record=replace(record, readings=[READING]))
        return entry

    return replace(evidence, journal=tuple(map(with_readings, evidence.journal)))


def missed(*evidences):
    return [claim.name for claim in complete(evidences, 0, END_MS, RATE_HZ) if not claim.ok]


def test_streams_that_were_there_miss_nothing():
    assert missed(heard(well()), heard(well())) == []


def test_a_twin_without_a_frame_is_told():
    nothing = replace(well(), journal=well().journal[:FIRST], predictions=(), public=())
    assert "frames of those due, least of a twin" in missed(heard(well()), nothing)


def test_a_stream_that_ended_early_is_told():
    short = heard(well())
    assert missed(heard(well()), replace(short, journal=short.journal[:-1])) == [
        "frames of those due, least of a twin"
    ]


def test_frames_that_are_void_do_not_count():
    other = JournalEntry(FIRST, 0, SourcesAcquired(Epoch(EPOCH.counter + 1, "x"), -1, 0, 0))
    evidence = heard(well())
    void = replace(evidence, journal=(*evidence.journal[:FIRST], other, *evidence.journal[FIRST:]))
    assert "frames of those due, least of a twin" in missed(void)


@pytest.mark.parametrize("until", [0, FRAMES // 2])
def test_plants_that_died_are_told_though_silence_makes_frames(until):
    assert missed(heard(well(), until)) == [MESSAGES]


def test_one_dead_plant_among_many_is_told():
    assert missed(*[heard(well())] * 19, well()) == [MESSAGES]


def test_what_is_outside_the_span_counts_neither_way():
    assert [claim.value for claim in complete([heard(well())], 500, 1500, RATE_HZ)] == [1, 1]
