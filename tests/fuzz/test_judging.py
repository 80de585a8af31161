"""The fuzzer notices what it is there to notice."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from fuzzing import targets, watch
from fuzzing.judge import judged, peak_mb
from fuzzing.mutate import MAX_BYTES, mutated
from fuzzing.search import Search
from fuzzing.tally import BROKEN, CRASHED, TOO_HEAVY, Tally

from twin_schemas.catalogue import PUBLIC, catalogue

_MORTAL = """
import os, signal, time
from fuzzing import child, judge
from test_judging import Naive

class Mortal(Naive):
    contained = {contained}

    def run(self, data):
        if b"7" in data:
            {harm}()
        return "accepted"

def dies():
    os.kill(os.getpid(), signal.SIGSEGV)

def spins():
    until = time.process_time() + 0.2
    while time.process_time() < until:
        pass

judge.SLOWEST_S = 0.1
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


def mortally_fuzzed(monkeypatch: pytest.MonkeyPatch, folder: Path, *, harm: str, contained: bool) -> Tally:
    """Fuzz a reader that takes harm from a digit."""
    monkeypatch.setattr(Naive, "contained", contained)
    monkeypatch.setattr(watch, "target_named", lambda name: Naive())
    program = folder / "child.py"
    program.write_text(_MORTAL.format(harm=harm, contained=contained))
    monkeypatch.setattr(watch, "CHILD", (sys.executable, str(program)))
    monkeypatch.setattr(watch, "FOUND", folder / "found")
    return watch.fuzzed("naive", seed=1, inputs=60, seconds=60)


def test_an_input_that_kills_its_process_is_known_and_the_others_are_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tally = mortally_fuzzed(monkeypatch, tmp_path, harm="dies", contained=False)
    assert tally.inputs == 60
    assert tally.outcomes[BROKEN] > 0
    kept = list((tmp_path / "found" / "naive").iterdir())
    assert kept
    assert all(b"7" in path.read_bytes() for path in kept)


def test_a_process_that_is_there_to_be_ended_may_be_by_few_inputs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tally = mortally_fuzzed(monkeypatch, tmp_path, harm="dies", contained=True)
    assert tally.inputs == 60
    assert 0 < tally.outcomes[CRASHED] <= 3
    assert not tally.findings


def test_it_may_not_be_kept_busy_by_many(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tally = mortally_fuzzed(monkeypatch, tmp_path, harm="spins", contained=True)
    assert set(tally.findings) == {TOO_HEAVY}
    assert tally.outcomes[BROKEN] == tally.findings[TOO_HEAVY][0] > 3
    assert not (tmp_path / "found").exists()  # what ends a process isn't read again in the one of the tests


@pytest.mark.parametrize(("inputs", "excused"), [(0, 3), (400, 3), (100_000, 203)])
def test_about_one_input_in_five_hundred_is_excused(inputs: int, excused: int) -> None:
    for outcome in (CRASHED, TOO_HEAVY):
        for count, found in ((excused, {}), (excused + 1, {outcome: excused + 1})):
            tally = Tally(inputs, Counter({outcome: count}))
            tally.bound_contained()
            assert {what: times for what, (times, _) in tally.findings.items()} == found


def test_no_mutation_grows_without_bound() -> None:
    rng, data = random.Random(1), b"seed"
    for _ in range(2000):
        data = mutated(rng, data, [b"other"], [b"word"])
        assert len(data) <= MAX_BYTES


def test_every_topic_of_the_catalogue_is_fuzzed() -> None:
    assert {f"avro.{topic}" for topic in (*catalogue(), PUBLIC)} <= set(targets.names())
