"""Poisons a platform with everything at once, and looks what became of it."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from poisoning.good import Victim, good, topics
from poisoning.kinds import KINDS, Poison, poison
from poisoning.stage import VICTIMS, Place, Stage
from poisoning.table import NOTHING, VOID, expected

_PATIENCE_S = 90.0
_JOURNAL = [kind for kind, outcome in expected()["sim.journal"].items() if outcome.startswith("parks")]
"""The kinds that park a twin: each gets one of its own."""
_MORE = 5
"""Frames that must go on behind the poison."""


@dataclass(slots=True)
class Poisoned:
    """What became of it.

    Attributes:
        stage: the platform.
        twins: all of them, those with poisoned journals first.
        places: where each record lies.
        outcomes: by topic and kind.
    """

    stage: Stage
    twins: list[Victim]
    places: dict[Place, Poison]
    outcomes: dict[str, dict[str, str]]

    @property
    def spared(self) -> list[Victim]:
        """Twins whose journals nobody poisoned."""
        return self.twins[VICTIMS:]


def poisoned(stage: Stage, seed: int) -> Poisoned:
    """Write every kind to every topic in the order of the seed, and wait until all of it must have been read."""
    assert len(_JOURNAL) == VICTIMS
    twins = stage.twins()
    token = stage.platform.token()
    bad = [
        each
        for topic in topics()
        for kind in KINDS
        if (each := poison(kind, good(topic, _victim(topic, kind, twins), token)))
    ]
    random.Random(seed).shuffle(bad)
    places = stage.write(bad)
    done = Poisoned(stage, twins, places, {})
    behind = {twin: max(frames) for twin, frames in stage.frames().items()}
    until = time.monotonic() + _PATIENCE_S
    while True:
        done.outcomes = _outcomes(done)
        if (done.outcomes == expected() and _went_on(done, behind)) or time.monotonic() > until:
            return done
        time.sleep(0.5)


def _victim(topic: str, kind: str, twins: list[Victim]) -> Victim:
    if topic == "sim.journal" and kind in _JOURNAL:
        return twins[_JOURNAL.index(kind)]
    return twins[VICTIMS]


def _outcomes(done: Poisoned) -> dict[str, dict[str, str]]:
    letters, answers = done.stage.letters(), done.stage.answers()
    found: dict[str, dict[str, str]] = {topic: dict.fromkeys(KINDS, VOID) for topic in topics()}
    parked = {twin.twin: done.stage.trouble(twin) for twin in done.twins}
    for place, each in done.places.items():
        outcome = NOTHING
        if place in letters:
            outcome = f"dead letter: {letters[place]}"
        elif each.id in answers:
            outcome = f"answered: {answers[each.id]}"
        elif each.topic == "sim.journal" and (code := parked[each.twin]):
            outcome = f"parks its twin: {code}"
        found[each.topic][each.kind] = outcome
    return found


def _went_on(done: Poisoned, behind: dict[str, int]) -> bool:
    predicted = done.stage.predicted()
    return all(
        len([offset for offset in predicted[twin.twin] if offset > behind[twin.twin]]) >= _MORE
        for twin in done.spared
    )
