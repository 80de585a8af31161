"""The equations against numbers and balances that were derived on paper, not from their code."""

from __future__ import annotations

import ast
import itertools
import math
import sys
from pathlib import Path

import equations
import numpy as np
import pytest

FOLDER = Path(__file__).parents[1]
LOOSE = {"stiffness": (0.0, 0.0), "drive_damping": (0.0, 0.0)}
IDLE = equations.Program(amplitude=(0.0, 0.0))


def free(seconds: float, damping: tuple[float, float], rate: float = 500.0) -> np.ndarray:
    """Free motion from a bent start: rows of time, two positions, two velocities."""
    p = equations.Parameters(damping=damping, **LOOSE)
    truth = equations.samples(p, IDLE, equations.Orders(), angles=(1.2, 0.9), rate=rate)
    rows = [(s.seconds, *s.position, *s.velocity) for s in itertools.islice(truth, int(seconds * rate) + 1)]
    return np.array(rows)


def energy(rows: np.ndarray) -> np.ndarray:
    """Kinetic and potential energy of rods and ball from their points' speeds and heights, in J."""
    _, q1, q2, v1, v2 = rows.T
    bend, both = q1 + q2, v1 + v2
    kinetic = np.zeros_like(q1)
    height = np.zeros_like(q1)
    # a rod as the sum of its pieces: no mass matrix, no inertia formula
    for piece in (np.arange(4000) + 0.5) / 4000:
        kinetic += 0.5 * (1.6 / 4000) * (0.4 * piece * v1) ** 2
        height -= (1.6 / 4000) * 0.4 * piece * np.cos(q1)
        vx = 0.4 * v1 * np.cos(q1) + 0.35 * piece * both * np.cos(bend)
        vz = 0.4 * v1 * np.sin(q1) + 0.35 * piece * both * np.sin(bend)
        kinetic += 0.5 * (1.0 / 4000) * (vx**2 + vz**2)
        height -= (1.0 / 4000) * (0.4 * np.cos(q1) + 0.35 * piece * np.cos(bend))
    vx = 0.4 * v1 * np.cos(q1) + 0.35 * both * np.cos(bend)
    vz = 0.4 * v1 * np.sin(q1) + 0.35 * both * np.sin(bend)
    kinetic += 0.5 * 0.4 * (vx**2 + vz**2) + 0.5 * (0.4 * 0.4 * 0.04**2) * both**2
    height -= 0.4 * (0.4 * np.cos(q1) + 0.35 * np.cos(bend))
    return kinetic + 9.81 * height


def test_the_mass_matrix_is_the_one_computed_by_hand() -> None:
    """Rods of 3 kg, 1 m and 6 kg, 2 m, no ball, the elbow at a right angle.

    About the shoulder: upper arm 3*1/3 = 1; the forearm's own about the elbow 6*4/3 = 8, plus 6 kg * 1 m^2 = 6 for
    carrying it; the coupling vanishes at a right angle. So M = [[15, 8], [8, 8]]; stretched, the coupling is
    1 m * 6 kg * 1 m = 6: M = [[27, 14], [14, 8]].
    """
    p = equations.Parameters(mass=(3.0, 6.0), length=(1.0, 2.0), payload=0.0)
    bent = equations.mass_matrix(p, np.array([0.3, math.pi / 2]))
    stretched = equations.mass_matrix(p, np.array([0.3, 0.0]))
    assert bent == pytest.approx(np.array([[15.0, 8.0], [8.0, 8.0]]), abs=1e-12)
    assert stretched == pytest.approx(np.array([[27.0, 14.0], [14.0, 8.0]]), abs=1e-12)


def test_the_weight_of_a_level_arm_is_the_one_computed_by_hand() -> None:
    """Level: 9.81 (1.6*0.2 + 1.0*0.575 + 0.4*0.75) at the shoulder, 9.81 (1.0*0.175 + 0.4*0.35) at the elbow."""
    held = equations.gravity(equations.Parameters(), np.array([math.pi / 2, 0.0]))
    assert held == pytest.approx(np.array([9.81 * 1.195, 9.81 * 0.315]), abs=1e-12)


def test_a_loose_arm_without_damping_keeps_its_energy() -> None:
    total = energy(free(3.0, (0.0, 0.0)))
    assert np.ptp(total) < 1e-5


def test_the_energy_lost_is_the_work_of_the_damping() -> None:
    rows = free(3.0, (0.2, 0.1))
    total = energy(rows)
    power = 0.2 * rows[:, 3] ** 2 + 0.1 * rows[:, 4] ** 2
    assert total[0] - total[-1] == pytest.approx(np.trapezoid(power, rows[:, 0]), rel=1e-3)


def test_an_arm_without_its_coriolis_term_does_not_keep_its_energy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equations, "coriolis", lambda p, q, v: np.zeros(2))
    assert np.ptp(energy(free(3.0, (0.0, 0.0)))) > 0.1


def test_the_servos_hold_the_arm_where_spring_and_weight_are_even() -> None:
    p = equations.Parameters()
    position, velocity = equations.swing(p, equations.Setpoints(), (0.5, 0.8), (0.0, 0.0), (0.0, 0.0), 60.0)
    spring = np.array([60.0 * (math.pi / 6 - position[0]), 25.0 * (math.pi / 4 - position[1])])
    below = 9.81 * 0.315 * math.sin(position[0] + position[1])
    weight = np.array([9.81 * (1.6 * 0.2 + 1.4 * 0.4) * math.sin(position[0]) + below, below])
    assert spring == pytest.approx(weight, abs=1e-6)
    assert velocity == pytest.approx((0.0, 0.0), abs=1e-6)


def test_a_servo_gives_no_more_than_its_bound() -> None:
    far = equations.Setpoints(position=(3.0, -3.0))
    torque = equations.servo(equations.Parameters(), far, np.zeros(2), np.zeros(2))
    assert torque.tolist() == [40.0, -15.0]


def test_the_plant_imports_nothing_of_the_twin() -> None:
    allowed = {"equations", "numpy", "gmqtt", "scipy"} | sys.stdlib_module_names
    for file in (FOLDER / "plant.py", FOLDER / "equations.py"):
        nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
        assert {name.split(".")[0] for name in imported} <= allowed
