"""The fuzzer notices what it is there to notice."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from fuzzing import targets, watch
from fuzzing.judge import judged, peak_mb
from fuzzing.mutate import MAX_BYTES, mutated
from fuzzing.search import Search
from fuzzing.tally import BROKEN, CRASHED

from twin_schemas.catalogue import PUBLIC, catalogue

_MORTAL = """
import os, signal
from fuzzing import child
from test_judging import Naive

class Mortal(Naive):
    def run(self, data):
        if b"7" in data:
            os.kill(os.getpid(), signal.SIGSEGV)
        return "accepted"

child.target_named = lambda name: Mortal()
child.main()
"""


class Naive:
    """A reader that trusts everybody."""

    name = "naive"
    words: Sequence[bytes] = (b"!",)
    watched = ("test_judging",)
    per_process = 1000
    contained = False

    def seeds(self) -> list[bytes]:
        return [b"1", b"22"]

    def shaped(self, rng: random.Random, seed: bytes) -> bytes:
        return seed + bytes([rng.randrange(48, 58)])

    def run(self, data: bytes) -> str:
        try:
            return "even" if int(data) % 2 == 0 else "accepted"
        except UnicodeDecodeError:
            return "not_text"

    def close(self) -> None: ...


def test_an_error_that_no_reader_promises_is_a_finding() -> None:
    assert judged(Naive().run, b"2", float("inf")).finding is None
    assert judged(Naive().run, b"x", float("inf")).outcome.startswith("ValueError at test_judging.py:")


def test_the_search_comes_upon_it_and_the_same_seed_upon_the_same() -> None:
    def outcomes(seed: str) -> list[bytes]:
        search = Search(Naive(), seed)
        return [search.next() for _ in range(500)]

    assert outcomes("1") == outcomes("1") != outcomes("2")
    assert any(judged(Naive().run, data, float("inf")).finding for data in outcomes("1"))


def test_an_input_that_takes_too_much_memory_or_time_is_a_finding() -> None:
    began = time.process_time()

    def spin(data: bytes) -> str:
        while time.process_time() < began + 1.1:
            pass
        return "accepted"

    assert judged(spin, b"", float("inf")).outcome == "hang"
    assert judged(lambda _: str(len(b"x" * (int(peak_mb()) + 50 << 20))), b"", 0.0).outcome == "memory"
    assert judged(Naive().run, b"2", 0.0).finding is None


@pytest.mark.parametrize("contained", [False, True])
def test_an_input_that_kills_its_process_is_known_and_the_others_are_read(
    contained: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Naive, "contained", contained)
    monkeypatch.setattr(watch, "target_named", lambda name: Naive())
    program = tmp_path / "child.py"
    program.write_text(_MORTAL)
    monkeypatch.setattr(watch, "CHILD", (sys.executable, str(program)))
    monkeypatch.setattr(watch, "FOUND", tmp_path / "found")
    tally = watch.fuzzed("naive", seed=1, inputs=60, seconds=60)
    assert tally.inputs == 60
    assert tally.outcomes[CRASHED if contained else BROKEN] > 0
    kept = list((tmp_path / "found" / "naive").iterdir()) if not contained else []
    assert all(b"7" in path.read_bytes() for path in kept)
    assert bool(kept) is not contained


def test_no_mutation_grows_without_bound() -> None:
    rng, data = random.Random(1), b"seed"
    for _ in range(2000):
        data = mutated(rng, data, [b"other"], [b"word"])
        assert len(data) <= MAX_BYTES


def test_every_topic_of_the_catalogue_is_fuzzed() -> None:
    assert {f"avro.{topic}" for topic in (*catalogue(), PUBLIC)} <= set(targets.names())
