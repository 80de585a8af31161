"""What was seen so far is told, whoever ends the run."""

import asyncio
import sys

import pytest
import table
from faulting.cell import Struck
from faulting.registry import chosen
from faulting.running import Row
from faulting.verdict import Verdict


async def test_a_run_that_is_broken_off_tells_its_rows(monkeypatch, capsys):
    async def ends_early(cells, **options):
        yield Row(cells[0], (), Verdict(accepted=7), 1.0)
        raise asyncio.CancelledError

    monkeypatch.setattr(table, "run_cells", ends_early)
    monkeypatch.setattr(table, "clear_left_over", lambda: None)
    monkeypatch.setattr(sys, "argv", ["table.py", "nothing"])
    with pytest.raises(asyncio.CancelledError):
        await table.main()
    assert capsys.readouterr().out.splitlines()[1].startswith("nothing")


def claim(name, strikes=(), **figures):
    (cell,) = chosen("kill-sim-worker")
    rows = [Row(cell, strikes, Verdict(**{"accepted": 1, **figures}), 1.0)]
    return next(each.ok for each in table.claims(rows) if name in each.name)


def test_the_others_gaps_and_commands_are_claimed():
    assert claim("wasn't struck", others_s=[4.4])
    assert not claim("wasn't struck", others_s=[4.6])
    assert claim("share of gap frames", frames=100, gaps=5)
    assert not claim("share of gap frames", frames=100, gaps=6)
    assert claim("accepted commands, least")
    assert not claim("accepted commands, least", accepted=0)


def test_recoveries_that_nobody_could_measure_are_no_recoveries():
    three = (Struck("SIGKILL of a worker", 0, 1),) * 3
    assert claim("nobody felt", three, recovery_s=[1.0, 1.0])
    assert not claim("nobody felt", three, recovery_s=[1.0])


async def test_a_broken_build_that_does_not_exist_is_refused(monkeypatch):
    monkeypatch.setattr(table, "clear_left_over", lambda: None)
    monkeypatch.setattr(sys, "argv", ["table.py", "--mutants", "no_such_build"])
    with pytest.raises(SystemExit, match="no broken build no_such_build"):
        await table.main()
