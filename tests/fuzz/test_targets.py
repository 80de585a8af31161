"""Some hundred hostile inputs for each reader of foreign bytes; `make fuzz` reads a hundred thousand."""

from __future__ import annotations

import pytest
from fuzzing.results import stories
from fuzzing.target import ACCEPTED
from fuzzing.targets import TOPICS
from fuzzing.watch import fuzzed

INPUTS = {
    "mqtt": 1500, "yaml": 400, "usd": 400, "packages": 500, "http": 150, "sockets": 150, "commands": 300,
    **dict.fromkeys(TOPICS, 200),
}  # fmt: skip


@pytest.mark.parametrize("name", INPUTS)
def test_nothing_but_typed_refusals_comes_of_it(name: str) -> None:
    tally = fuzzed(name, seed=7, inputs=INPUTS[name], seconds=120, keep=False)
    assert not tally.findings, stories({name: tally})
    assert tally.inputs == INPUTS[name]
    assert tally.outcomes[ACCEPTED]
    assert tally.inputs > tally.accepted
