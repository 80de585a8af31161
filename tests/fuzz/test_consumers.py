"""What reads the records does so for every topic, and lets nothing pass."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from fuzzing.refusal import Refusal, in_turn, refusing
from fuzzing.targets.consumers import CONSUMERS
from fuzzing.targets.database import StrictWork
from fuzzing.targets.surroundings import TWIN, at_home

from scene_manager.domain.cause import Note
from scene_manager.testing import Store
from twin_schemas import examples
from twin_schemas.catalogue import PUBLIC, catalogue


def test_every_topic_has_somebody_who_reads_it() -> None:
    assert CONSUMERS.keys() == {*catalogue(), PUBLIC}


def test_who_refuses_a_record_keeps_it_from_nobody_else() -> None:
    asked: list[str] = []

    async def refuses() -> None:
        asked.append("refuses")
        with refusing(ValueError):
            raise ValueError

    async def reads() -> None:
        asked.append("reads")

    async def breaks() -> None:
        raise KeyError

    with pytest.raises(Refusal, match="ValueError"):
        asyncio.run(in_turn(refuses, reads, refuses))
    assert asked == ["refuses", "reads", "refuses"]
    with pytest.raises(KeyError):
        asyncio.run(in_turn(refuses, breaks))


def test_what_somebody_changed_in_a_record_stays() -> None:
    full = examples.load("TwinSpec")["full"]
    assert at_home(full, twin=TWIN).twin == TWIN
    assert at_home(replace(full, twin="\0"), twin=TWIN).twin == "\0"


@pytest.mark.parametrize("ref", ["a\0", "a"])
def test_the_database_takes_no_nul(ref: str) -> None:
    work = StrictWork(Store())

    async def asks(tx) -> None:
        await tx.scenes.owned("local", ref)

    async def asked() -> None:
        await work.apply(asks)
        await work.known(Note("b", "local"))

    if "\0" in ref:
        with pytest.raises(AssertionError, match="NUL"):
            asyncio.run(asked())
    else:
        asyncio.run(asked())
