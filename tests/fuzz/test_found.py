"""What broke something once is refused or taken today."""

from __future__ import annotations

from contextlib import closing

from fuzzing.judge import judged
from fuzzing.target import FOUND, kept
from fuzzing.targets import names, target_named


def test_everything_that_was_kept_is_of_a_target() -> None:
    assert {folder.name for folder in FOUND.iterdir() if folder.is_dir()} <= set(names())


def test_every_found_input_is_harmless() -> None:
    for name in filter(kept, names()):
        with closing(target_named(name)) as target:
            for data in kept(name):
                assert judged(target.run, data, float("inf")).finding is None, (name, data[:200])
