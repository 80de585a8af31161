"""The judge of streams finds everything that must not happen to one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from _streams import judge, longest_pauses_s
from scale_streams import EPOCH, FIRST, FRAMES, said, well

from hanzo_twin.audit.collect import Evidence
from hanzo_twin.audit.entries import JournalEntry, PublicEntry
from twin_schemas.records import (
    Epoch,
    Grid,
    GridSegment,
    ObservationFrame,
    SourcesAcquired,
    TimeDiscontinuity,
)


def without(entries: tuple, index: int) -> tuple:  # type: ignore[type-arg]
    return entries[:index] + entries[index + 1 :]


def lost(e: Evidence) -> Evidence:
    return replace(e, predictions=without(e.predictions, 5), public=without(e.public, 5))


def unpublished(e: Evidence) -> Evidence:
    return replace(e, public=without(e.public, 5))


def doubled(e: Evidence) -> Evidence:
    return replace(e, public=(*e.public, e.public[5]))


def disordered(e: Evidence) -> Evidence:
    return replace(e, public=(e.public[1], e.public[0], *e.public[2:]))


def missing(e: Evidence) -> Evidence:
    return Evidence(
        *(without(kind, 5 + skip) for kind, skip in ((e.journal, FIRST), (e.predictions, 0), (e.public, 0)))
    )


def named(e: Evidence) -> Evidence:
    away = JournalEntry(5 + FIRST, 0, TimeDiscontinuity(EPOCH, 5, 5, "the writer was away"))
    spoilt = missing(e)
    return replace(spoilt, journal=(*spoilt.journal[: 5 + FIRST], away, *spoilt.journal[5 + FIRST :]))


def twice(e: Evidence) -> Evidence:
    again = JournalEntry(FIRST + FRAMES, 0, ObservationFrame(EPOCH, 5, [], -1))
    return replace(e, journal=(*e.journal, again))


def unequal(e: Evidence) -> Evidence:
    return replace(e, predictions=(*e.predictions, said(FIRST + 5, 5, at_ns=1)))


def void(e: Evidence) -> Evidence:
    return replace(e, predictions=(*e.predictions, said(1, 5)))


def slowed(e: Evidence) -> Evidence:
    segment = JournalEntry(FIRST + FRAMES, 0, GridSegment(EPOCH, Grid(FRAMES, 0, 5, 1), "rate"))
    return replace(e, journal=(*e.journal, segment))


MUTANTS = [lost, unpublished, doubled, disordered, missing, named, twice, unequal, void, slowed]


def test_a_stream_to_which_nothing_happened_is_unbroken() -> None:
    verdict = judge(well())
    assert (verdict.frames, verdict.wrong, verdict.slowed, verdict.repeated) == (FRAMES, 0, 0, 0)


def test_a_repeat_that_is_equal_is_no_fault() -> None:
    evidence = well()
    verdict = judge(replace(evidence, predictions=(*evidence.predictions, evidence.predictions[5])))
    assert (verdict.wrong, verdict.repeated) == (0, 1)


@pytest.mark.parametrize("spoil", MUTANTS, ids=lambda spoil: spoil.__name__)
def test_a_spoilt_stream_is_noticed(spoil: Callable[[Evidence], Evidence]) -> None:
    verdict = judge(spoil(well()))
    assert getattr(verdict, spoil.__name__) >= 1


def test_a_pause_counts_for_the_span_in_which_it_ended() -> None:
    evidence = well()
    late = tuple(PublicEntry(e.at_ms + 3000 * (e.at_ms >= 1000), e.prediction) for e in evidence.public)
    assert longest_pauses_s(replace(evidence, public=late), [0, 950, 4500], 4950) == [0.1, 3.1, 0.1]


def test_a_stream_that_does_not_come_again_pauses_until_the_end() -> None:
    assert longest_pauses_s(well(), [0, 1500, 3000], 10_000) == [0.1, 0.1, 8.1]


def test_a_span_in_which_nothing_came_is_a_pause() -> None:
    assert longest_pauses_s(well(), [0, 3000, 5000], 10_000) == [0.1, 2.0, 8.1]
    nothing = replace(well(), public=())
    assert longest_pauses_s(nothing, [0, 3000], 10_000) == [3.0, 7.0]


def test_what_a_replaced_writer_wrote_is_void() -> None:
    evidence = well()
    taken = JournalEntry(FIRST + FRAMES, 0, SourcesAcquired(Epoch(EPOCH.counter + 1, "x"), -1, 0, 0))
    late = JournalEntry(FIRST + FRAMES + 1, 0, ObservationFrame(EPOCH, FRAMES + 5, [], -1))
    verdict = judge(replace(evidence, journal=(*evidence.journal, taken, late)))
    assert (verdict.frames, verdict.wrong) == (FRAMES, 0)
