"""The scene, simulated, against the plant: two descriptions of one arm that share no code."""

from __future__ import annotations

import itertools
from pathlib import Path

import equations
import numpy as np
import pytest

from twin_sim.engines.api import (
    ChannelKind,
    ChannelSpec,
    EngineConfig,
    JointCommand,
    JointMode,
    JointTarget,
)
from twin_sim.engines.mujoco import ENGINE
from twin_sim.scene import read_stage

SCENE = Path(__file__).parents[1] / "scene.usda"
JOINTS = ("/World/Arm/shoulder", "/World/Arm/elbow")
HOME = equations.Setpoints().position
RATE = 30
FREE_RMS = 0.01  # rad, over 3 s of a chaotic motion
DRIVEN_RMS = 0.005  # rad, over 10 s
REJECTED_RMS = 0.05  # rad: what a wrong equation exceeds


def bound(step_hz: int, loose: bool, angles: tuple[float, float]):
    model = ENGINE.compile(read_stage(SCENE), EngineConfig(step_hz=step_hz))
    if loose:
        drives = (f"{joint}.drive.{gain}" for joint in JOINTS for gain in ("stiffness", "damping"))
        model = model.with_parameters(dict.fromkeys(drives, 0.0))
    simulation = model.simulate(1 / step_hz)
    kinds = (ChannelKind.POSITION, ChannelKind.EFFORT)
    view = simulation.bind([ChannelSpec(joint, kind) for kind in kinds for joint in JOINTS])
    for index, angle in enumerate(angles):
        view.write(index, [angle])
    return simulation, view


def free_error(seconds: float = 3.0) -> float:
    """RMS position error in rad of a loose arm that swings freely."""
    steps, angles = 128, (1.2, 0.9)
    p = equations.Parameters(stiffness=(0.0, 0.0), drive_damping=(0.0, 0.0))
    idle = equations.Program(amplitude=(0.0, 0.0))
    truth = equations.samples(p, idle, equations.Orders(), angles=angles, rate=RATE)
    simulation, view = bound(RATE * steps, True, angles)
    errors = []
    for sample in itertools.islice(truth, int(seconds * RATE)):
        errors.append(np.array(view.read_flat()[:2]) - sample.position)
        simulation.step(steps)
    return float(np.sqrt(np.mean(np.square(errors))))


def driven_error(p: equations.Parameters, seconds: float = 10.0) -> float:
    """RMS position error in rad under program and servos, with a command at 4 s, at the twin's own step."""
    steps = 16
    orders = equations.Orders()
    orders.give(4.0, {"name": ["shoulder", "elbow"], "position": [0.2, 1.1]})
    command = JointCommand(
        tuple(JointTarget(j, JointMode.POSITION, v) for j, v in zip(JOINTS, (0.2, 1.1), strict=True))
    )
    truth = equations.samples(p, equations.Program(), orders, angles=HOME, rate=RATE)
    simulation, view = bound(RATE * steps, False, HOME)
    errors = []
    for sample in itertools.islice(truth, int(seconds * RATE)):
        errors.append(np.array(view.read_flat()[:2]) - sample.position)
        if sample.sequence == 4 * RATE:
            simulation.set_joint_command("/World/Arm", command)
        for index, torque in enumerate(sample.effort):
            view.write(2 + index, [torque])
        simulation.step(steps)
    return float(np.sqrt(np.mean(np.square(errors))))


def test_the_loose_scene_swings_as_the_equations_do() -> None:
    assert free_error() < FREE_RMS


def test_the_driven_scene_moves_as_the_plant_does() -> None:
    assert driven_error(equations.Parameters()) < DRIVEN_RMS


def test_an_arm_without_its_coriolis_term_is_told_from_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equations, "coriolis", lambda p, q, v: np.zeros(2))
    assert free_error() > REJECTED_RMS


def test_a_drive_read_in_the_wrong_unit_is_told_from_the_right_one() -> None:
    degrees = equations.Parameters(stiffness=(60 * np.pi / 180, 25 * np.pi / 180))
    assert driven_error(degrees) > REJECTED_RMS


def test_a_heavier_payload_is_told_from_the_right_one() -> None:
    assert driven_error(equations.Parameters(payload=0.8)) > 0.02


def test_the_arm_starts_where_its_servos_hold_it() -> None:
    simulation, _ = bound(480, False, HOME)
    fresh = simulation.model.simulate(1 / 480).bind([ChannelSpec(j, ChannelKind.POSITION) for j in JOINTS])
    assert fresh.read_flat() == pytest.approx(HOME, abs=1e-12)


def test_the_scene_reads_without_a_warning() -> None:
    assert read_stage(SCENE).warnings == ()
