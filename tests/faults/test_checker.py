"""The checker lets a strike excuse what it can have caused, of the twins that it struck."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from faulting.books.journal import JournalBook
from faulting.cell import Away, Struck
from faulting.checker import Checker
from faulting.sendlog import SendLog, Sent
from faulting.verdict import Verdict
from faulting.watching import Statuses

from twin_schemas import examples

S = 1_000_000_000
STRUCK = Struck("SIGKILL", 100 * S, 110 * S, frozenset({"a"}), well_ns=112 * S)
CUT = Struck("cut", 100 * S, 110 * S, on_the_way_in=True)
REPORT = examples.load("SyncStatus")["full"]


@pytest.fixture
def checker(tmp_path):
    truth = SimpleNamespace(brokers="", database_url="")
    made = Checker(truth, SendLog(tmp_path / "none"), {"A": "a", "B": "b"}, Statuses())
    made._journals = {"a": JournalBook(), "b": JournalBook()}
    return made


def test_ticks_that_nobody_wrote_are_excused_where_the_writer_was_struck(checker):
    for book in checker._journals.values():
        book.discontinuities.append((101 * S, 102 * S, 30))
    verdict = Verdict()
    checker._judge_ticks(verdict, [STRUCK], Away.TICKS)
    assert verdict.skipped == ["B: 30 ticks"]


def silent(checker, strikes, away):
    """Readings of both plants of which the journals have nothing."""
    checker._log.sent = {n: Sent(n, 101 * S, 0.1, acknowledged_ns=101 * S) for n in (0, 1)}
    verdict = Verdict()
    checker._judge_readings(verdict, 200 * S, strikes, away)
    return verdict.silent


def test_readings_are_excused_where_the_writer_was_struck(checker):
    for book in checker._journals.values():
        book.away.append((100 * S, 102 * S))
    assert silent(checker, [STRUCK], Away.TICKS) == ["B: message 1"]


def test_a_cut_on_the_way_excuses_readings_of_twins_that_lost_their_link_then(checker):
    checker._statuses.take(replace(REPORT, twin="a", at_ns=103 * S, counts={"link_lost": 1}))
    checker._statuses.take(replace(REPORT, twin="b", at_ns=93 * S, counts={"link_lost": 1}))
    assert silent(checker, [CUT], Away.NEVER) == ["B: message 1"]


def test_a_link_that_was_lost_in_one_cut_excuses_nothing_of_another(checker):
    later = replace(CUT, began_ns=120 * S, ended_ns=125 * S)
    for twin in ("a", "b"):
        checker._statuses.take(replace(REPORT, twin=twin, at_ns=121 * S, counts={"link_lost": 1}))
    assert len(silent(checker, [CUT, later], Away.NEVER)) == 2
