"""Predictions that wait, and may not be sent any more: whoever drops them sees that they come again."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from sync_engine.domain.publication import Publication
from sync_engine.handlers.partition import Partition
from sync_engine.handlers.predictions import Predictions
from twin_common.bus.types import Record
from twin_common.clock import SystemClock
from twin_schemas import codec
from twin_schemas.records import PredictionFrame

NOW = SystemClock().monotonic_ns()


class Held(SimpleNamespace):
    """As far as it is asked; others refer to it weakly."""


@pytest.fixture
async def waiting():
    """A twin that looked up what is public a moment ago, and what decides over its records."""
    publication = Publication("t", "arm", (1, 9))
    publication.go_on((1, 9), NOW - 1_000_000_000)
    spec = SimpleNamespace(twin="t", name="arm")
    held = Held(partition=2, session=SimpleNamespace(owned=True, publication=publication, spec=spec))
    partition = Partition(2)
    watch = SimpleNamespace(unbroken_since=lambda since_ns: True, in_contact=lambda: True)
    around = SimpleNamespace(partition=lambda number: partition)
    predictions = Predictions(around, None, None, SystemClock(), watch)
    predictions._publishing["arm"] = held
    return SimpleNamespace(predictions=predictions, partition=partition, publication=publication, held=held)


async def test_what_has_waited_since_the_last_look_up_is_sent(waiting):
    assert waiting.predictions.is_meant("arm", NOW)
    assert (waiting.publication.held_back_ns, waiting.partition.held_back) == (None, set())


async def test_what_has_waited_for_longer_is_dropped_and_what_is_public_looked_up_again(waiting):
    """What was admitted since is dropped with it, though it counts as public."""
    assert not waiting.predictions.is_meant("arm", NOW - 2_000_000_000)
    assert waiting.partition.held_back == {"t"}
    ago_s = (SystemClock().now_ns() - waiting.publication.held_back_ns) / 1e9
    assert ago_s >= 2


@pytest.mark.parametrize(("offset", "again"), [(10, True), (9, False)])
async def test_what_comes_while_nobody_holds_the_twin_is_read_again_however_old_it_is(waiting, offset, again):
    waiting.predictions._watch.beat = lambda: True
    waiting.partition.publications["t"] = waiting.publication
    waiting.publication.set_aside(SystemClock().now_ns())
    before_ns, long_ago_ms = waiting.publication.held_back_ns, 1_700_000_000_000
    frame = PredictionFrame(1, offset, 1, 7, 5, 0, [0.0], [], b"\0" * 16)
    record = Record("sim.predictions", 2, 70, b"t", codec.encode(frame), (), long_ago_ms)
    await waiting.predictions.on_record(record)
    await waiting.predictions.on_record(replace(record, value=b"whatever"))
    found = waiting.publication.held_back_ns
    assert found == (long_ago_ms * 1_000_000 if again else before_ns)
