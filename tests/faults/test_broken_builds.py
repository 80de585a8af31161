"""Builds that are broken on purpose still break what they mean to: the product goes on, and they with it."""

import ast
import asyncio
import importlib
import inspect

import commit_before_effect
import pytest
import trusting_worker
from faulting.mutants import FOLDER, MUTANTS

from sim_worker.handlers.witness import Examiner
from twin_common.bus.types import Offset, Record, TopicPartition
from twin_common.runner.lane import Lane

REPLACE_NOTHING = {
    "hasty_sync_engine",  # is another one, in another service
    "mortal_worker",
}


def replaced(tree: ast.AST):
    """What a build replaces: module, class, attribute, and what it puts there."""
    nodes = list(ast.walk(tree))
    homes = {
        alias.name: node.module for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    made = {node.name: node for node in nodes if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Attribute):
            owner = target.value
            if isinstance(owner, ast.Name) and owner.id in homes:
                value = node.value
                value = made.get(value.id, value) if isinstance(value, ast.Name) else value
                yield homes[owner.id], owner.id, target.attr, value


@pytest.mark.parametrize("name", [each.name for each in MUTANTS])
def test_what_a_build_replaces_is_there_and_is_called_like_that(name):
    tree = ast.parse((FOLDER / f"{name}.py").read_text())
    assert list(replaced(tree)) or name in REPLACE_NOTHING
    for module, owner, attribute, by in replaced(tree):
        sound = getattr(getattr(importlib.import_module(module), owner), attribute)
        assert isinstance(by, ast.AsyncFunctionDef | ast.FunctionDef | ast.Lambda)
        if by.args.kwarg is None:
            assert len(by.args.args) == len(inspect.signature(sound).parameters), attribute


async def to_commit_amid_handling():
    """What a lane would commit while its first record is being handled."""
    handling, ended = asyncio.Event(), asyncio.Event()

    async def deliver(record, interrupted):
        handling.set()
        await ended.wait()
        return True

    tp = TopicPartition("sim.commands", 0)
    lane = Lane(tp, deliver)
    lane.add(Record(tp.topic, 0, 7, b"", b"", (), 0))
    await asyncio.wait_for(handling.wait(), 10)
    amid = lane.to_commit
    ended.set()
    await lane.finish(10)
    assert (lane.failure, lane.to_commit) == (None, Offset(8))
    return amid


async def test_a_sound_lane_commits_nothing_before_it_is_handled():
    assert await to_commit_amid_handling() is None


async def test_the_hasty_one_does(monkeypatch):
    monkeypatch.setattr(Lane, "_work", Lane._work)  # undone afterwards
    commit_before_effect.apply()
    assert await to_commit_amid_handling() == Offset(8)


async def test_the_trusting_worker_takes_a_journal_for_sound(monkeypatch):
    monkeypatch.setattr(Examiner, "evidence", Examiner.evidence)
    trusting_worker.apply()
    evidence = await Examiner.evidence(object.__new__(Examiner), 3, 70)
    assert (evidence.end, evidence.contradicted, evidence.against("twin", 1)) == (70, False, None)
