"""A few thousand hostile inputs for each reader of foreign bytes; `make fuzz` reads a hundred thousand."""

from __future__ import annotations

import pytest
from fuzzing.results import stories
from fuzzing.target import ACCEPTED
from fuzzing.targets import TOPICS
from fuzzing.watch import fuzzed

INPUTS = {
    "mqtt": 3000, "yaml": 600, "usd": 600, "packages": 1000, "http": 400, "sockets": 400, **dict.fromkeys(TOPICS, 400),
}  # fmt: skip


@pytest.mark.parametrize("name", INPUTS)
def test_nothing_but_typed_refusals_comes_of_it(name: str) -> None:
    tally = fuzzed(name, seed=7, inputs=INPUTS[name], seconds=120, keep=False)
    assert not tally.findings, stories({name: tally})
    assert tally.inputs == INPUTS[name]
    assert tally.outcomes[ACCEPTED]
    assert tally.inputs > tally.accepted
