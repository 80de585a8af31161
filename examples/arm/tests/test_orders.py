"""Joint commands: when they take effect, and which are refused."""

from __future__ import annotations

import itertools
import json
import time

import equations
import plant
import pytest

START = equations.Setpoints()


def motion(orders: equations.Orders, count: int, rate: float) -> list[equations.Sample]:
    truth = equations.samples(
        equations.Parameters(), equations.Program(), orders, angles=START.position, rate=rate
    )
    return list(itertools.islice(truth, count))


def test_a_command_takes_effect_at_its_own_time_between_two_samples() -> None:
    orders = equations.Orders()
    orders.give(0.15, {"name": ["elbow"], "position": [0.2]})
    calm = motion(equations.Orders(), 3, 10.0)
    moved = motion(orders, 3, 10.0)
    assert moved[1] == calm[1]
    p, targets = equations.Parameters(), equations.Setpoints(position=(START.position[0], 0.2))
    half = equations.swing(p, START, calm[1].position, calm[1].velocity, calm[1].effort, 0.05)
    position, _ = equations.swing(p, targets, *half, calm[1].effort, 0.05)
    assert moved[2].position == pytest.approx(position, abs=1e-9)


def test_commands_take_effect_in_the_order_of_their_times() -> None:
    orders = equations.Orders()
    orders.give(0.25, {"name": ["shoulder"], "effort": [2.0]})
    orders.give(0.15, {"name": ["shoulder"], "effort": [1.0]})
    motion(orders, 3, 10.0)
    assert orders.now.effort == (1.0, 0.0)
    assert [at for at, _ in orders.waiting] == [0.25]


def test_a_late_command_takes_effect_at_once() -> None:
    orders = equations.Orders()
    orders.give(-5.0, {"name": ["shoulder", "elbow"], "position": [0.1, 0.2], "velocity": [0.0, 0.3]})
    motion(orders, 2, 10.0)
    assert orders.now == equations.Setpoints((0.1, 0.2), (0.0, 0.3), (0.0, 0.0))


@pytest.mark.parametrize(
    "command",
    [
        {"name": ["wrist"], "position": [0.1]},
        {"name": ["elbow"], "position": [float("nan")]},
        {"name": ["elbow"], "position": [0.1, 0.2]},
        {"name": ["elbow"], "position": "far"},
        {"name": ["elbow"]},
        {"position": [0.1]},
        ["elbow"],
        "elbow",
    ],
)
def test_what_is_no_command_is_refused_and_changes_nothing(command: object) -> None:
    orders = equations.Orders()
    assert plant.obey(json.dumps(command).encode(), orders, time.time_ns())
    assert plant.obey(b"\xff{", orders, time.time_ns())
    assert orders == equations.Orders()
