"""What the control plane decides on a command."""

from __future__ import annotations

import random

from fuzzing.refusal import Refusal
from fuzzing.targets.control_plane import ARM, CELL, DIGESTS, Plane, furnished
from fuzzing.targets.documents import DEFINITION, PATCH, meant, usual
from fuzzing.targets.surroundings import Consumer, at_home, waiting
from twin_schemas.record import Record
from twin_schemas.records import (
    ControlAccepted,
    ControlRefused,
    DecideSceneProposal,
    SceneUse,
    SceneValidated,
)


def commands() -> Consumer:
    """Of `control.commands`."""
    tables = furnished()
    (proposal,) = tables.proposals
    twins = list(tables.twins)

    async def consume(record: Record) -> None:
        rng = random.Random(repr(record))
        scene = CELL if isinstance(record, DecideSceneProposal) else rng.choice((ARM, CELL))
        said = at_home(
            record, twin=rng.choice(twins), expected_revision=None, scene=scene, scene_version=rng.choice((1, None)),
            version=1, name=rng.choice((ARM, "new")), digest=DIGESTS[3], file="a.usda", proposal=proposal,
            uses=[SceneUse("a.usda", ARM, 1, DIGESTS[0])], definition=usual(rng, DEFINITION),
            patch=usual(rng, PATCH), engine="mujoco", size=10,
        )  # fmt: skip
        for field, good in (("definition", DEFINITION), ("patch", PATCH)):
            if hasattr(said, field):
                setattr(said, field, meant(rng, getattr(said, field), good))
        answer = await Plane(tables).ask(said, getattr(said, "reason", "k"))
        if isinstance(answer, ControlRefused):
            raise Refusal(answer.code)
        assert isinstance(answer, ControlAccepted | SceneValidated)

    return waiting(consume)
