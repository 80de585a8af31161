"""The physical pendulum, emulated: its own equation of motion, its own clock, and MQTT as its only voice.

It stands for hardware, so it knows nothing of the twin and imports none of its code. A motor with a digital
drive swings the pendulum; its sensors report angle, angular velocity and motor torque, with noise, at source
time:

    I q'' = u - b q' - c tanh(q' / v) - m g l sin(q),    I = m l^2 + 2/5 m r^2

    python examples/pendulum/plant.py --broker mqtt://127.0.0.1:1883 --seconds 30
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

import numpy as np
from gmqtt import Client
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

Array = NDArray[np.float64]

GRAVITY = 9.81  # m/s^2
STICTION_VELOCITY = 0.01  # rad/s: the slope of dry friction around standstill


@dataclass(frozen=True)
class Parameters:
    """What the pendulum is made of.

    Attributes:
        mass: of the bob, kg.
        length: hinge to the bob's centre, m.
        radius: of the bob, m.
        damping: viscous, N m s/rad.
        friction: dry, N m.
    """

    mass: float = 0.5
    length: float = 0.5
    radius: float = 0.04
    damping: float = 0.05
    friction: float = 0.01

    @property
    def inertia(self) -> float:
        """About the hinge, kg m^2."""
        return self.mass * (self.length**2 + 0.4 * self.radius**2)


@dataclass(frozen=True)
class Drive:
    """The motor: a sine torque that its digital drive updates once per sample and holds in between.

    Attributes:
        amplitude: N m.
        frequency: Hz.
    """

    amplitude: float = 0.8
    frequency: float = 0.4

    def torque(self, seconds: float) -> float:
        """Torque that is set at a time after the start, N m."""
        return self.amplitude * math.sin(2 * math.pi * self.frequency * seconds)


@dataclass(frozen=True)
class Noise:
    """Standard deviations of the sensors.

    Attributes:
        position: rad.
        velocity: rad/s.
        effort: N m.
    """

    position: float = 0.002
    velocity: float = 0.01
    effort: float = 0.002


@dataclass(frozen=True)
class MassChange:
    """From `at` seconds after the start on, the bob weighs `mass` kg."""

    at: float
    mass: float


@dataclass(frozen=True)
class Sample:
    """The truth at one moment.

    Attributes:
        sequence: number from 0.
        seconds: since the start.
        position: rad, 0 hanging down.
        velocity: rad/s.
        effort: motor torque set from now until the next sample, N m.
        mass: of the bob, kg.
    """

    sequence: int
    seconds: float
    position: float
    velocity: float
    effort: float
    mass: float


def swing(
    parameters: Parameters, position: float, velocity: float, torque: float, duration: float
) -> tuple[float, float]:
    """Position (rad) and velocity (rad/s) after `duration` seconds under a constant motor torque (N m)."""

    def motion(_: float, state: Array) -> tuple[float, float]:
        q, speed = state
        dry = parameters.friction * math.tanh(speed / STICTION_VELOCITY)
        weight = parameters.mass * GRAVITY * parameters.length * math.sin(q)
        return speed, (torque - parameters.damping * speed - dry - weight) / parameters.inertia

    # LSODA: dry friction is stiff around standstill
    solution = solve_ivp(motion, (0.0, duration), (position, velocity), method="LSODA", rtol=1e-8, atol=1e-10)
    return float(solution.y[0, -1]), float(solution.y[1, -1])


def samples(
    parameters: Parameters, drive: Drive, *, angle: float, rate: float, change: MassChange | None = None
) -> Iterator[Sample]:
    """The truth, `rate` times a second, without end; each sample is computed when it is asked for."""
    position, velocity = angle, 0.0
    sequence = 0
    while True:
        seconds = sequence / rate
        if change is not None and seconds >= change.at:
            parameters = replace(parameters, mass=change.mass)
        torque = drive.torque(seconds)
        yield Sample(sequence, seconds, position, velocity, torque, parameters.mass)
        position, velocity = swing(parameters, position, velocity, torque, 1 / rate)
        sequence += 1


def reading(
    sample: Sample, noise: Noise, random: np.random.Generator, time_ns: int
) -> dict[str, int | list[str] | list[float]]:
    """What the sensors say about a sample: a joint-state message with one joint, in SI units."""
    errors = random.normal(size=3) * (noise.position, noise.velocity, noise.effort)
    return {
        "sequence": sample.sequence,
        "time_ns": time_ns,
        "name": ["hinge"],
        "position": [sample.position + float(errors[0])],
        "velocity": [sample.velocity + float(errors[1])],
        "effort": [sample.effort + float(errors[2])],
    }


async def connect(url: str) -> Client:
    """A connected MQTT client.

    Raises:
        SystemExit: no broker answers there.
    """
    address = urlsplit(url)
    client = Client(f"pendulum-plant-{time.time_ns():x}")
    if address.username:
        client.set_auth_credentials(address.username, address.password)
    try:
        await asyncio.wait_for(client.connect(address.hostname or "127.0.0.1", address.port or 1883), 10)
    except (OSError, TimeoutError) as error:
        host = f"{address.hostname}:{address.port or 1883}"
        raise SystemExit(
            f"plant: no MQTT broker answers at {host} ({error}); give its URL with --broker"
        ) from error
    return client


async def run(arguments: argparse.Namespace, log: TextIO | None) -> None:
    """Publish samples at their times until the time is over or the process is told to stop."""
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    client = await connect(arguments.broker)
    random = np.random.default_rng(arguments.seed)
    parameters = Parameters(
        arguments.mass, arguments.length, arguments.radius, arguments.damping, arguments.friction
    )
    noise = Noise(arguments.position_noise, arguments.velocity_noise, arguments.effort_noise)
    drive = Drive(arguments.torque, arguments.torque_frequency)
    start_ns, start = time.time_ns(), time.monotonic()
    try:
        for sample in samples(
            parameters, drive, angle=arguments.angle, rate=arguments.rate, change=arguments.mass_change
        ):
            if arguments.seconds is not None and sample.seconds >= arguments.seconds:
                break
            try:
                await asyncio.wait_for(stop.wait(), max(0.0, start + sample.seconds - time.monotonic()))
                break
            except TimeoutError:
                pass
            time_ns = start_ns + round(sample.seconds * 1e9)
            message = reading(sample, noise, random, time_ns)
            client.publish(arguments.topic, json.dumps(message), qos=1)
            if log:
                truth = {"truth": asdict(sample), "sent_ns": time.time_ns()}
                print(json.dumps(message | truth), file=log, flush=True)
    finally:
        await asyncio.wait_for(client.disconnect(), 5)


def mass_change(text: str) -> MassChange:
    """Reads SECONDS:KILOGRAMS."""
    at, _, mass = text.partition(":")
    if not mass or float(mass) <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not SECONDS:KILOGRAMS, such as 20:0.8")
    return MassChange(float(at), float(mass))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made, swung, heard = Parameters(), Drive(), Noise()
    options = argparse.ArgumentParser(
        description="Emulates a motor-driven pendulum that talks MQTT.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = options.add_argument
    add("--broker", default="mqtt://127.0.0.1:1883", help="URL of the MQTT broker")
    add("--topic", default="plant/pendulum/sensors/joint_states", help="where readings are published")
    add("--rate", type=float, default=30.0, help="samples per second")
    add("--seconds", type=float, default=None, help="stop after so many; runs until stopped if absent")
    add("--seed", type=int, default=1, help="of the sensor noise")
    add("--angle", type=float, default=0.6, help="at the start, rad")
    add("--mass", type=float, default=made.mass, help="of the bob, kg")
    add("--length", type=float, default=made.length, help="hinge to the bob's centre, m")
    add("--radius", type=float, default=made.radius, help="of the bob, m")
    add("--damping", type=float, default=made.damping, help="viscous, N m s/rad")
    add("--friction", type=float, default=made.friction, help="dry, N m")
    add("--torque", type=float, default=swung.amplitude, help="amplitude of the motor's torque, N m")
    add("--torque-frequency", type=float, default=swung.frequency, help="of the motor's torque, Hz")
    add("--position-noise", type=float, default=heard.position, help="standard deviation, rad")
    add("--velocity-noise", type=float, default=heard.velocity, help="standard deviation, rad/s")
    add("--effort-noise", type=float, default=heard.effort, help="standard deviation, N m")
    add(
        "--mass-change",
        type=mass_change,
        default=None,
        metavar="S:KG",
        help="after S seconds the bob weighs KG",
    )
    add("--log", type=Path, default=None, help="append one JSON line per message sent, with the truth")
    return options


def main() -> None:
    """Run the plant as the command line says."""
    arguments = parser().parse_args()
    if arguments.rate <= 0 or min(arguments.mass, arguments.length) <= 0:
        sys.exit("plant: --rate, --mass and --length have to be positive")
    if arguments.log is None:
        asyncio.run(run(arguments, None))
    else:
        with arguments.log.open("a", encoding="utf-8") as log:
            asyncio.run(run(arguments, log))


if __name__ == "__main__":
    main()
