"""Whatever goes wrong in a cell or a stage is a row of the table, and the others go on."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from faulting.cell import Away, Cell, Struck
from faulting.lives import Lives
from faulting.load import Load, LoadEnded, Weight
from faulting.running import Row, run_cell, run_cells
from faulting.surroundings import Surroundings
from faulting.verdict import Verdict


@asynccontextmanager
async def never_stands(home, variables):
    raise KeyError("no such part")
    yield


async def strike(stage, dice):
    return Struck("nothing", 1, 2)


def cell(name="cell", **options):
    return Cell(name, "group", options.pop("strike", strike), Surroundings("none", never_stands), **options)


class Stage:
    """Takes every strike, and settles to a verdict or an error."""

    def __init__(self, *, verdict=None, check=lambda: None):
        async def settle(struck, told, cell):
            if verdict is None:
                raise AssertionError("the books are torn")
            return verdict

        async def nothing():
            pass

        client = SimpleNamespace(log=[])
        self.load = SimpleNamespace(client=client, going=asyncio.Event(), hush=nothing, check=check)
        self.checker = SimpleNamespace(settle=settle, forget=lambda: None)
        self.lives, self.look, self.healthy, self.struck = Lives([]), lambda: None, nothing, []


async def test_a_stage_that_never_stands_is_a_broken_row_for_each_of_its_cells():
    rows = [row async for row in run_cells([cell("one"), cell("two")], weight=Weight(1))]
    assert [(row.cell.name, row.broken) for row in rows] == [
        (name, "no stage: KeyError: 'no such part'") for name in ("one", "two")
    ]


async def test_an_error_of_the_checker_is_a_broken_row():
    row = await run_cell(Stage(), cell(), 1, 1)
    assert row.broken == "the books can't be settled: AssertionError: the books are torn"


async def test_so_is_one_of_a_strike():
    async def fails(stage, dice):
        raise ValueError("nobody there")

    row = await run_cell(Stage(verdict=Verdict(accepted=1)), cell(strike=fails), 1, 1)
    assert (row.broken, row.strikes) == ("ValueError: nobody there", ())


async def test_so_is_a_load_that_has_ended():
    def check():
        raise LoadEnded("the plants have ended with exit code 1")

    row = await run_cell(Stage(verdict=Verdict(accepted=1), check=check), cell(), 1, 1)
    assert row.broken == "LoadEnded: the plants have ended with exit code 1"
    assert not row.ok


async def test_what_fell_is_in_the_row():
    stage = Stage(verdict=Verdict(accepted=1))
    stage.lives = SimpleNamespace(take=lambda: ["kafka: ended"])
    row = await run_cell(stage, cell(), 1, 1)
    assert (row.verdict.fell, row.ok) == (["kafka: ended"], False)


def test_a_row_without_an_accepted_command_shows_nothing():
    assert Row(cell(), (), Verdict(accepted=1), 1.0).ok
    assert not Row(cell(), (), Verdict(), 1.0).ok


def test_a_long_silence_of_those_that_were_spared_is_late():
    assert not Row(cell(), (), Verdict(accepted=1, others_s=[0.2, 4.4]), 1.0).late
    assert Row(cell(), (), Verdict(accepted=1, others_s=[0.2, 4.6]), 1.0).late


def test_many_gap_frames_need_a_reason():
    some, many = (Verdict(accepted=1, frames=100, gaps=gaps) for gaps in (5, 6))
    assert Row(cell(), (), some, 1.0).ok
    assert not Row(cell(), (), many, 1.0).ok
    assert Row(cell(away=Away.READINGS), (), many, 1.0).ok
    assert Row(cell(on_the_way_in=True), (), many, 1.0).ok


async def gone_wrong():
    raise RuntimeError("no token")


@pytest.mark.parametrize(
    ("code", "work", "says"),
    [(1, None, "the plants have ended with exit code 1"), (None, gone_wrong, "RuntimeError\\('no token'\\)")],
)
async def test_a_load_of_which_somebody_has_ended_is_none(tmp_path, code, work, says):
    people = [asyncio.create_task(work())] if work else []
    await asyncio.wait([*people, asyncio.create_task(asyncio.sleep(0))])
    load = Load(None, tmp_path, {}, None, plants=SimpleNamespace(returncode=code), people=people)
    with pytest.raises(LoadEnded, match=says):
        load.check()


async def test_a_load_that_goes_on_is_one(tmp_path):
    going_on = asyncio.create_task(asyncio.sleep(60))
    Load(None, tmp_path, {}, None, plants=SimpleNamespace(returncode=None), people=[going_on]).check()
    going_on.cancel()
