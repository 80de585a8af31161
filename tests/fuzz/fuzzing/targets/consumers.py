"""What reads each topic in production, as far as it needs no broker and no database."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fuzzing.targets.accounts import journals, predictions
from fuzzing.targets.archives import keyframes, sealed
from fuzzing.targets.books import book_of
from fuzzing.targets.checkpoints import checkpoints
from fuzzing.targets.control_commands import commands
from fuzzing.targets.control_events import events, replies
from fuzzing.targets.letters import letters
from fuzzing.targets.predictions import horizons, public
from fuzzing.targets.requests import questions
from fuzzing.targets.specs import specs
from fuzzing.targets.statuses import statuses
from fuzzing.targets.surroundings import Consumer
from fuzzing.targets.syncing import sequenced
from fuzzing.targets.trail import decisions
from twin_schemas.catalogue import PUBLIC

CONSUMERS: dict[str, Callable[[], Consumer]] = {
    PUBLIC: public,
    "audit.log": decisions,
    "bus.replies": replies,
    "control.commands": commands,
    "control.events": events,
    "dead.letter": letters,
    "scene.versions": partial(book_of, "scene.versions", "/1"),
    "sim.checkpoints": checkpoints,
    "sim.commands": sequenced,
    "sim.horizons": horizons,
    "sim.journal": journals,
    "sim.keyframes": keyframes,
    "sim.predictions": predictions,
    "sim.requests": questions,
    "sim.sealed": sealed,
    "twin.specs": specs,
    "twin.status": statuses,
}
"""By topic of the catalogue, and of the family of public ones."""
