"""An old journal is verified by the build that its genesis names, in a process of that build's environment."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from hanzo_twin.audit.entries import JournalEntry, PredictionEntry
from hanzo_twin.errors import BuildUnusable
from hanzo_twin.replay.elsewhere import Elsewhere
from hanzo_twin.replay.judging import Judge
from hanzo_twin.replay.source import Evidence
from twin_schemas import codec
from twin_schemas.records import Channel, ChannelKind, ChannelRole, Stamps
from twin_sim.engines import cpu_fingerprint, load_engine
from twin_sim.fold import FOLD_VERSION, engine_config, physics_opener
from twin_sim.scene import read_stage
from twin_sim.testing.journals import CONFIG, JournalBuilder, reading
from twin_sim.testing.older import older_python

SCENE = (Path(__file__).parents[4] / "examples/pendulum/scene.usda").read_bytes()
HINGE = "/World/Pendulum/hinge"
CHANNELS = (
    Channel(0, HINGE, ChannelKind.POSITION, "rad", ChannelRole.OBSERVED),
    Channel(1, HINGE, ChannelKind.VELOCITY, "rad/s", ChannelRole.OBSERVED),
)
ENGINE = load_engine("mujoco")
MODEL = ENGINE.compile(read_stage(SCENE), engine_config(CONFIG))


def stamps(fold_version: int) -> Stamps:
    return Stamps(
        "mujoco", ENGINE.build, cpu_fingerprint(), fold_version, sha256(SCENE).hexdigest(), MODEL.digest
    )


@pytest.fixture(scope="module")
def old_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An environment with the fold's version before this one, whose digest chain came out differently."""
    return str(older_python(tmp_path_factory.mktemp("old")))


@pytest.fixture
def old(old_python: str) -> Iterator[Elsewhere]:
    with Elsewhere(old_python) as other:
        yield other


def journal() -> list[JournalEntry]:
    """Two incarnations: one of the build before this one, and one of this build."""
    builder = JournalBuilder(CONFIG, CHANNELS).begin(stamps(FOLD_VERSION - 1))
    builder.frame(reading(0, builder.time(0), 0.4))
    builder.frames(5)
    following = builder.tick + 1
    builder.grid = replace(builder.grid, tick=following, time_ns=builder.time(following))
    builder.begin(stamps(FOLD_VERSION), incarnation=2)
    builder.frames(3)
    return [JournalEntry(offset, 0, record) for offset, record in builder]


def evidence(predictions: Sequence[PredictionEntry] = ()) -> Evidence:
    return Evidence(tuple(journal()), {}, tuple(predictions), (), physics_opener(lambda genesis: MODEL))


def emitted(old_python: str) -> list[PredictionEntry]:
    """What a worker of the old build has published."""
    with Elsewhere(old_python) as worker:
        worker.give([SCENE], journal())
        frames = worker.fold(journal()).predictions
    return [
        PredictionEntry(codec.encode(frame), frame)
        for where, frame in frames.items()
        if where.incarnation == 1
    ]


def test_this_build_says_which_one_is_needed_and_verifies_the_rest() -> None:
    judge = Judge(evidence(), [SCENE])
    assert judge.lacking == {1: f"fold version {FOLD_VERSION - 1} → {FOLD_VERSION}"}
    (report,) = judge.reports([])
    assert (report.differences, report.pending) == ((), 3)


def test_the_build_that_the_genesis_names_confirms_the_old_incarnation(
    old: Elsewhere, old_python: str
) -> None:
    judge = Judge(evidence(emitted(old_python)), [SCENE], old)
    assert judge.lacking == {}
    here, there = judge.reports([])
    assert (there.differences, there.predictions, there.pending) == ((), 6, 0)
    assert (here.differences, here.predictions, here.pending) == ((), 0, 3)


def test_a_prediction_that_the_old_build_never_made_is_found(old: Elsewhere, old_python: str) -> None:
    said = emitted(old_python)
    wrong = replace(said[3].frame, values=[value + 1e-12 for value in said[3].frame.values])
    said[3] = PredictionEntry(codec.encode(wrong), wrong)
    _, there = Judge(evidence(said), [SCENE], old).reports([])
    (difference,) = there.differences
    assert (difference.tick, difference.detail) == (3, "values differ")


def test_this_build_would_fold_the_old_incarnation_to_something_else(old_python: str) -> None:
    from hanzo_twin.replay.refolder import Here

    frames = Here(physics_opener(lambda genesis: MODEL)).fold(journal()).predictions
    assert {where.incarnation for where in frames} == {2}, "a fold of another version was taken"
    assert all(
        said.frame.chain not in {frame.chain for frame in frames.values()} for said in emitted(old_python)
    )


def test_an_environment_with_the_same_build_as_this_one_helps_nobody() -> None:
    with Elsewhere(sys.executable) as same:
        judge = Judge(evidence(), [SCENE], same)
    assert list(judge.lacking) == [1]


def test_a_python_without_the_platform_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildUnusable, match="no-such-python can't be run"):
        Elsewhere(str(tmp_path / "no-such-python"))
    bare = tmp_path / "bare"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    bare.chmod(0o755)
    with pytest.raises(BuildUnusable, match="install"):
        Elsewhere(str(bare))
