"""A parameter version is a model of its own that takes over the state (journal rule 26)."""

from dataclasses import replace

import pytest
from scenes import PENDULUM, scene
from test_physics import CHANNELS, ENGINE, HINGE

from twin_schemas.records import ParametersApplied, PredictionFrame
from twin_sim.fold import Fold, engine_config, physics_opener
from twin_sim.scene import read_stage
from twin_sim.testing.journals import CONFIG, STAMPS, JournalBuilder

MASS, DAMPING = "/World/arm.mass", f"{HINGE}.damping"


def swung(*versions: dict[str, float]) -> list[list[float]]:
    """Predictions of a pendulum let go at 1 rad, under new parameters after every second tick."""
    model = ENGINE.compile(read_stage(scene(PENDULUM)), engine_config(CONFIG))
    journal = JournalBuilder(CONFIG, CHANNELS[:3]).begin(replace(STAMPS, model_digest=model.digest))
    journal.reset({f"{HINGE}.position": [1.0]})
    journal.frames(2)
    for number, overrides in enumerate(versions, 1):
        journal.records.append(
            ParametersApplied(journal.epoch, f"v{number}", number, number, "m", dict(overrides))
        )
        journal.frames(2)
    fold = Fold(physics_opener(lambda genesis: model))
    said = [each for offset, record in journal for each in fold.take(offset, record)]
    assert fold.parked is None
    return [each.values for each in said if isinstance(each, PredictionFrame)]


def test_a_version_names_all_overrides_and_adds_to_none() -> None:
    assert swung({MASS: 2.0, DAMPING: 0.5}, {MASS: 2.0}) != swung({MASS: 2.0, DAMPING: 0.5}, {DAMPING: 0.5})
    assert swung({DAMPING: 0.5}, {})[-1] != swung({DAMPING: 0.5}, {DAMPING: 0.5})[-1]


def test_a_version_that_changes_nothing_goes_on_from_the_state_that_was() -> None:
    assert swung({DAMPING: 0.02}) == [pytest.approx(values, abs=1e-12) for values in swung({})]
    assert swung({})[1] != swung({})[3]
