"""What broke something once is refused or taken today."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fuzzing.judge import judged
from fuzzing.target import FOUND, Target, kept
from fuzzing.targets import names, target_named

KEPT = [name for name in names() if kept(name)]


def test_everything_that_was_kept_is_of_a_target() -> None:
    assert {folder.name for folder in FOUND.iterdir() if folder.is_dir()} <= set(names())


@pytest.fixture(params=KEPT)
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    made = target_named(request.param)
    yield made
    made.close()


def test_a_found_input_is_harmless(target: Target) -> None:
    for data in kept(target.name):
        assert judged(target.run, data, float("inf")).finding is None, data[:200]
