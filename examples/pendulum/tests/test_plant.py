"""The plant against closed forms that were derived on paper, not from its code."""

from __future__ import annotations

import ast
import importlib.util
import itertools
import math
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

PLANT = Path(__file__).parents[1] / "plant.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pendulum_plant", PLANT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


plant = load()


def motion(parameters: object, angle: float, seconds: float, rate: float = 200.0) -> np.ndarray:
    """Undriven motion: rows of time, position, velocity."""
    truth = plant.samples(parameters, plant.Drive(amplitude=0.0), angle=angle, rate=rate)
    rows = [(s.seconds, s.position, s.velocity) for s in itertools.islice(truth, int(seconds * rate) + 1)]
    return np.array(rows)


def upward_zero_crossings(rows: np.ndarray) -> np.ndarray:
    time, position = rows[:, 0], rows[:, 1]
    k = np.flatnonzero((position[:-1] < 0) & (position[1:] >= 0))
    return time[k] - position[k] * (time[k + 1] - time[k]) / (position[k + 1] - position[k])


def test_a_small_swing_has_the_period_of_a_physical_pendulum() -> None:
    parameters = plant.Parameters(mass=0.7, length=0.4, radius=0.05, damping=0.0, friction=0.0)
    period = np.diff(upward_zero_crossings(motion(parameters, 0.01, 8.0))).mean()
    inertia = 0.7 * 0.4**2 + 2 / 5 * 0.7 * 0.05**2
    assert period == pytest.approx(2 * math.pi * math.sqrt(inertia / (0.7 * 9.81 * 0.4)), rel=1e-4)


def test_a_wide_swing_takes_longer_as_the_series_says() -> None:
    parameters = plant.Parameters(damping=0.0, friction=0.0, radius=0.0)
    period = np.diff(upward_zero_crossings(motion(parameters, 1.0, 8.0))).mean()
    small = 2 * math.pi * math.sqrt(0.5 / 9.81)
    assert period == pytest.approx(small * (1 + 1 / 16 + 11 / 3072 + 173 / 737280), rel=1e-3)


def test_damping_alone_takes_a_small_swing_away_exponentially() -> None:
    parameters = plant.Parameters(damping=0.05, friction=0.0)
    rows = motion(parameters, 0.05, 10.0)
    energy = 0.5 * parameters.inertia * rows[:, 2] ** 2 + parameters.mass * 9.81 * parameters.length * (
        1 - np.cos(rows[:, 1])
    )
    rate = -np.polyfit(rows[:, 0], np.log(energy), 1)[0]
    assert rate == pytest.approx(0.05 / parameters.inertia, rel=0.01)


def test_the_energy_lost_is_the_work_of_damping_and_dry_friction() -> None:
    parameters = plant.Parameters(damping=0.03, friction=0.02)
    rows = motion(parameters, 0.8, 3.0, rate=1000.0)
    speed = rows[:, 2]
    power = 0.03 * speed**2 + 0.02 * np.abs(speed)
    start = 0.5 * 9.81 * 0.5 * (1 - math.cos(0.8))
    end = 0.5 * parameters.inertia * speed[-1] ** 2 + 0.5 * 9.81 * 0.5 * (1 - math.cos(rows[-1, 1]))
    assert start - end == pytest.approx(np.trapezoid(power, rows[:, 0]), rel=0.01)


def test_a_constant_torque_is_held_by_the_weight() -> None:
    parameters = plant.Parameters(damping=0.5, friction=0.0)
    position, velocity = plant.swing(parameters, 0.0, 0.0, 1.0, 60.0)
    assert position == pytest.approx(math.asin(1.0 / (0.5 * 9.81 * 0.5)), abs=1e-6)
    assert velocity == pytest.approx(0.0, abs=1e-6)


def test_the_motor_holds_its_torque_between_samples() -> None:
    drive = plant.Drive(amplitude=0.8, frequency=0.4)
    first, second = itertools.islice(plant.samples(plant.Parameters(), drive, angle=0.3, rate=30.0), 1, 3)
    position, _ = plant.swing(plant.Parameters(), first.position, first.velocity, first.effort, 1 / 30)
    assert first.effort == pytest.approx(0.8 * math.sin(2 * math.pi * 0.4 / 30))
    assert second.position == pytest.approx(position, abs=1e-12)


def test_the_bob_changes_its_mass_when_told() -> None:
    change = plant.MassChange(at=0.5, mass=0.9)
    truth = plant.samples(plant.Parameters(), plant.Drive(), angle=0.1, rate=10.0, change=change)
    assert [s.mass for s in itertools.islice(truth, 8)] == [0.5] * 5 + [0.9] * 3


def test_the_same_seed_gives_the_same_noise_and_another_seed_other_noise() -> None:
    sample = next(plant.samples(plant.Parameters(), plant.Drive(), angle=0.1, rate=10.0))
    read = [plant.reading(sample, plant.Noise(), np.random.default_rng(seed), 1) for seed in (3, 3, 4)]
    assert read[0] == read[1] != read[2]


def test_sensor_errors_have_the_declared_spread() -> None:
    sample = next(plant.samples(plant.Parameters(), plant.Drive(), angle=0.1, rate=10.0))
    random = np.random.default_rng(7)
    read = [plant.reading(sample, plant.Noise(position=0.02), random, 1)["position"][0] for _ in range(4000)]
    assert np.std(read) == pytest.approx(0.02, rel=0.05)
    assert np.mean(read) == pytest.approx(0.1, abs=0.002)


def test_the_plant_imports_nothing_of_the_twin() -> None:
    tree = ast.parse(PLANT.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    allowed = {"numpy", "gmqtt", "scipy"} | sys.stdlib_module_names
    assert {name.split(".")[0] for name in imported} <= allowed
