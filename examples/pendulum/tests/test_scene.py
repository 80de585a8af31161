"""The scene, simulated, against the plant: two descriptions of one pendulum that share no code."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from pathlib import Path
from types import ModuleType

import numpy as np

from twin_sim.engines.api import ChannelKind, ChannelSpec, EngineConfig
from twin_sim.engines.mujoco import ENGINE
from twin_sim.scene import read_stage

FOLDER = Path(__file__).parents[1]
HINGE = "/World/Pendulum/hinge"
RATE = 30
STEPS = 16
SECONDS = 10


def load_plant() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pendulum_plant", FOLDER / "plant.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


plant = load_plant()


def rms_error(parameters: object, *, delay: int = 0) -> float:
    """RMS position error in rad of the scene, given the plant's torque `delay` samples late."""
    truth = list(
        itertools.islice(plant.samples(parameters, plant.Drive(), angle=0.6, rate=RATE), SECONDS * RATE)
    )
    model = ENGINE.compile(read_stage(FOLDER / "scene.usda"), EngineConfig(step_hz=RATE * STEPS))
    simulation = model.simulate(1 / (RATE * STEPS))
    view = simulation.bind([ChannelSpec(HINGE, ChannelKind.POSITION), ChannelSpec(HINGE, ChannelKind.EFFORT)])
    view.write(0, [0.6])
    errors = []
    for index, sample in enumerate(truth):
        errors.append(view.read()[0][0] - sample.position)
        view.write(1, [truth[max(0, index - delay)].effort])
        simulation.step(STEPS)
    return float(np.sqrt(np.mean(np.square(errors))))


def test_the_scene_moves_as_the_plant_does() -> None:
    assert rms_error(plant.Parameters()) < 0.005


def test_a_torque_one_sample_late_is_told_from_the_right_one() -> None:
    assert rms_error(plant.Parameters(), delay=1) > 0.01


def test_a_heavier_bob_is_told_from_the_right_one() -> None:
    assert rms_error(plant.Parameters(mass=0.6)) > 0.02


def test_the_scene_reads_without_a_warning() -> None:
    assert read_stage(FOLDER / "scene.usda").warnings == ()
