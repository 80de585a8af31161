"""The arm's Lagrangian equations, integrated: two links that swing in a vertical plane.

q is the angle of the shoulder and of the elbow against the upper arm, both 0 when the arm hangs straight down:

    M(q) q'' + C(q, q') q' + g(q) + b q' = u + s + e

with the torque u of a motion program, the servos' s = k (target - q) + d (target' - q'), bounded, and a commanded
torque e.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

Array = NDArray[np.float64]
Pair = tuple[float, float]  # shoulder, elbow

GRAVITY = 9.81  # m/s^2
JOINTS = ("shoulder", "elbow")


@dataclass(frozen=True)
class Parameters:
    """What the arm is made of: two uniform rods, and a ball at the end of the second.

    Attributes:
        mass: of upper arm and forearm, kg.
        length: of upper arm and forearm, m.
        payload: of the ball, kg.
        radius: of the ball, m.
        damping: viscous, of each joint, N m s/rad.
        stiffness: of each servo, N m/rad.
        drive_damping: of each servo, N m s/rad.
        max_torque: of each servo, N m.
    """

    mass: Pair = (1.6, 1.0)
    length: Pair = (0.4, 0.35)
    payload: float = 0.4
    radius: float = 0.04
    damping: Pair = (0.2, 0.1)
    stiffness: Pair = (60.0, 25.0)
    drive_damping: Pair = (6.0, 1.5)
    max_torque: Pair = (40.0, 15.0)


@dataclass(frozen=True)
class Program:
    """The motion program: a sine torque per joint that the controller updates once per sample and holds in between.

    Attributes:
        amplitude: N m.
        frequency: Hz.
    """

    amplitude: Pair = (3.0, 1.0)
    frequency: Pair = (0.3, 0.5)

    def torque(self, seconds: float) -> Pair:
        """Torque that is set at a time after the start, N m."""
        first, second = (
            a * math.sin(2 * math.pi * f * seconds)
            for a, f in zip(self.amplitude, self.frequency, strict=True)
        )
        return first, second


@dataclass(frozen=True)
class Setpoints:
    """What was last commanded: servo targets (rad, rad/s) and torque beside them (N m)."""

    position: Pair = (math.pi / 6, math.pi / 4)
    velocity: Pair = (0.0, 0.0)
    effort: Pair = (0.0, 0.0)


@dataclass(frozen=True)
class MassChange:
    """From `at` seconds after the start on, the payload weighs `mass` kg."""

    at: float
    mass: float


@dataclass(frozen=True)
class Sample:
    """The truth at one moment; `effort` is the program's torque until the next, `payload` the ball's mass."""

    sequence: int
    seconds: float
    position: Pair
    velocity: Pair
    effort: Pair
    payload: float


@dataclass
class Orders:
    """Commands that wait for their time, in seconds after the start, and what holds until then."""

    now: Setpoints = field(default_factory=Setpoints)
    waiting: list[tuple[float, dict[str, list[object]]]] = field(default_factory=list)

    def give(self, at: float, command: dict[str, list[object]]) -> None:
        """Take a command: joint names, and values for position, velocity or effort.

        Raises:
            ValueError: it isn't one.
        """
        apply(self.now, command)
        self.waiting = sorted([*self.waiting, (at, command)], key=lambda order: order[0])

    def due(self, before: float) -> float | None:
        """Apply the next command before a time; its own time, or None when none is left."""
        if not self.waiting or self.waiting[0][0] >= before:
            return None
        at, command = self.waiting.pop(0)
        self.now = apply(self.now, command)
        return at


def apply(present: Setpoints, command: dict[str, list[object]]) -> Setpoints:
    """The set points after a command. Raises ValueError, TypeError or KeyError when it isn't one."""
    changed = {kind: list(getattr(present, kind)) for kind in ("position", "velocity", "effort")}
    given = changed.keys() & command.keys()
    if not given:
        raise ValueError("neither position, velocity nor effort is given")
    for kind in given:
        for name, value in zip(command["name"], command[kind], strict=True):
            number = float(value)  # type: ignore[arg-type]
            if name not in JOINTS or not math.isfinite(number):
                raise ValueError(f"{name!r}: {number} is no {kind} for one of {', '.join(JOINTS)}")
            changed[kind][JOINTS.index(str(name))] = number
    return Setpoints(*(tuple(values) for values in changed.values()))  # type: ignore[arg-type]


def lumps(p: Parameters) -> tuple[float, float, float, float, float]:
    """The inertias a, b, c (kg m^2) of `mass_matrix` and the first moments of upper arm and forearm (kg m)."""
    (upper, fore), (first, second) = p.mass, p.length
    ball = p.payload * (second**2 + 0.4 * p.radius**2)
    moment = fore * second / 2 + p.payload * second
    a = upper * first**2 / 3 + (fore + p.payload) * first**2
    return (
        a,
        fore * second**2 / 3 + ball,
        first * moment,
        upper * first / 2 + (fore + p.payload) * first,
        moment,
    )


def mass_matrix(p: Parameters, q: Array) -> Array:
    """M(q), kg m^2."""
    a, b, c, _, _ = lumps(p)
    bend = c * math.cos(q[1])
    return np.array([[a + b + 2 * bend, b + bend], [b + bend, b]])


def coriolis(p: Parameters, q: Array, v: Array) -> Array:
    """C(q, q') q', N m."""
    pull = lumps(p)[2] * math.sin(q[1])
    return np.array([-pull * (2 * v[0] * v[1] + v[1] ** 2), pull * v[0] ** 2])


def gravity(p: Parameters, q: Array) -> Array:
    """g(q), N m."""
    _, _, _, upper, fore = lumps(p)
    lower = GRAVITY * fore * math.sin(q[0] + q[1])
    return np.array([GRAVITY * upper * math.sin(q[0]) + lower, lower])


def servo(p: Parameters, targets: Setpoints, q: Array, v: Array) -> Array:
    """The servos' torque, N m: spring and damper towards the targets, within their bounds."""
    spring = np.array(p.stiffness) * (np.array(targets.position) - q)
    damper = np.array(p.drive_damping) * (np.array(targets.velocity) - v)
    return np.clip(spring + damper, -np.array(p.max_torque), np.array(p.max_torque))


def swing(
    p: Parameters, targets: Setpoints, position: Pair, velocity: Pair, torque: Pair, duration: float
) -> tuple[Pair, Pair]:
    """Positions (rad) and velocities (rad/s) after `duration` seconds under a constant program torque (N m)."""
    pushed = np.array(torque) + np.array(targets.effort)

    def motion(_: float, state: Array) -> Array:
        q, v = state[:2], state[2:]
        torques = pushed + servo(p, targets, q, v) - np.array(p.damping) * v
        return np.concatenate(
            [v, np.linalg.solve(mass_matrix(p, q), torques - coriolis(p, q, v) - gravity(p, q))]
        )

    solution = solve_ivp(
        motion, (0.0, duration), (*position, *velocity), method="DOP853", rtol=1e-9, atol=1e-11
    )
    q1, q2, v1, v2 = (float(value) for value in solution.y[:, -1])
    return (q1, q2), (v1, v2)


def samples(
    p: Parameters,
    program: Program,
    orders: Orders,
    *,
    angles: Pair,
    rate: float,
    change: MassChange | None = None,
) -> Iterator[Sample]:
    """The truth, `rate` times a second, without end; each sample is computed when it is asked for.

    Commands take effect at their own times between the samples; late ones at the sample before.
    """
    position, velocity = angles, (0.0, 0.0)
    sequence = 0
    while True:
        seconds, following = sequence / rate, (sequence + 1) / rate
        if change is not None and seconds >= change.at:
            p = replace(p, payload=change.mass)
        torque = program.torque(seconds)
        yield Sample(sequence, seconds, position, velocity, torque, p.payload)
        targets = orders.now
        while (at := orders.due(following)) is not None:
            if at > seconds:
                position, velocity = swing(p, targets, position, velocity, torque, at - seconds)
                seconds = at
            targets = orders.now
        position, velocity = swing(p, targets, position, velocity, torque, following - seconds)
        sequence += 1
