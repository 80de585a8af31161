"""The physical arm, emulated: the equations beside this file, its own clock, and MQTT as its only voice.

It stands for hardware, so it knows nothing of the twin and imports none of its code. Its sensors report angles,
angular velocities and the motion program's torques, with noise, at source time; its controller obeys joint commands.

    python examples/arm/plant.py --broker mqtt://127.0.0.1:1883 --seconds 30
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

import numpy as np
from equations import JOINTS, MassChange, Orders, Pair, Parameters, Program, Sample, Setpoints, samples
from gmqtt import Client

SENSORS = "plant/arm/sensors/joint_states"
COMMANDS = "plant/arm/commands/joints"


@dataclass(frozen=True)
class Noise:
    """Standard deviations of the sensors: rad, rad/s and N m."""

    position: float = 0.002
    velocity: float = 0.01
    effort: float = 0.01


def reading(
    sample: Sample, noise: Noise, random: np.random.Generator, time_ns: int
) -> dict[str, int | list[str] | list[float]]:
    """What the sensors say about a sample: a joint-state message with both joints, in SI units."""
    errors = random.normal(size=(3, 2)) * np.array([[noise.position], [noise.velocity], [noise.effort]])
    position, velocity, effort = errors + np.array([sample.position, sample.velocity, sample.effort])
    return {
        "sequence": sample.sequence,
        "time_ns": time_ns,
        "name": list(JOINTS),
        "position": position.tolist(),
        "velocity": velocity.tolist(),
        "effort": effort.tolist(),
    }


def obey(payload: bytes, orders: Orders, start_ns: int) -> str | None:
    """Take a command message; None, or why it is refused.

    It names joints and gives their position, velocity or effort; with `time_ns` it takes effect at that time.
    """
    try:
        command = json.loads(payload)
        now = time.time_ns()
        orders.give((int(command.get("time_ns", now)) - start_ns) / 1e9, command)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return f"{type(error).__name__}: {error}"
    return None


async def connect(url: str, topic: str, orders: Orders, start_ns: int) -> Client:
    """A connected MQTT client that takes commands from a topic.

    Raises:
        SystemExit: no broker answers there.
    """
    address = urlsplit(url)
    client = Client(f"arm-plant-{time.time_ns():x}")
    if address.username:
        client.set_auth_credentials(address.username, address.password)

    def on_message(_: Client, heard: str, payload: bytes, qos: int, properties: object) -> int:
        if refused := obey(payload, orders, start_ns):
            print(f"plant: a command on {heard} is refused: {refused}", file=sys.stderr, flush=True)
        return 0

    client.on_connect = lambda *_: client.subscribe(topic, qos=1)
    client.on_message = on_message
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
    start_ns, start = time.time_ns(), time.monotonic()
    orders = Orders(Setpoints(position=arguments.angles))
    client = await connect(arguments.broker, arguments.commands, orders, start_ns)
    random = np.random.default_rng(arguments.seed)
    parameters = Parameters(payload=arguments.payload, damping=arguments.damping)
    noise = Noise(arguments.position_noise, arguments.velocity_noise, arguments.effort_noise)
    program = Program(arguments.torque, arguments.torque_frequency)
    truth = samples(
        parameters,
        program,
        orders,
        angles=arguments.angles,
        rate=arguments.rate,
        change=arguments.mass_change,
    )
    try:
        for sample in truth:
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
                said = {"truth": asdict(sample), "sent_ns": time.time_ns()}
                print(json.dumps(message | said), file=log, flush=True)
    finally:
        await asyncio.wait_for(client.disconnect(), 5)


def pair(text: str) -> Pair:
    """Reads SHOULDER,ELBOW."""
    first, _, second = text.partition(",")
    return float(first), float(second)


def mass_change(text: str) -> MassChange:
    """Reads SECONDS:KILOGRAMS."""
    at, _, mass = text.partition(":")
    if not mass or float(mass) < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not SECONDS:KILOGRAMS, such as 20:0.8")
    return MassChange(float(at), float(mass))


def parser() -> argparse.ArgumentParser:
    """The command line. Pairs are SHOULDER,ELBOW."""
    made, moved, heard = Parameters(), Program(), Noise()
    options = argparse.ArgumentParser(
        description="Emulates an arm with two servo-driven joints that talks MQTT.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = options.add_argument
    add("--broker", default="mqtt://127.0.0.1:1883", help="URL of the MQTT broker")
    add("--topic", default=SENSORS, help="where readings are published")
    add("--commands", default=COMMANDS, help="where joint commands are taken from")
    add("--rate", type=float, default=30.0, help="samples per second")
    add("--seconds", type=float, default=None, help="stop after so many; runs until stopped if absent")
    add("--seed", type=int, default=1, help="of the sensor noise")
    add("--angles", type=pair, default=Setpoints().position, help="at the start, and held by the servos, rad")
    add("--payload", type=float, default=made.payload, help="mass of the ball at the end, kg")
    add("--damping", type=pair, default=made.damping, help="viscous, N m s/rad")
    add("--torque", type=pair, default=moved.amplitude, help="amplitude of the motion program, N m")
    add("--torque-frequency", type=pair, default=moved.frequency, help="of the motion program, Hz")
    add("--position-noise", type=float, default=heard.position, help="standard deviation, rad")
    add("--velocity-noise", type=float, default=heard.velocity, help="standard deviation, rad/s")
    add("--effort-noise", type=float, default=heard.effort, help="standard deviation, N m")
    add(
        "--mass-change",
        type=mass_change,
        default=None,
        metavar="S:KG",
        help="after S seconds the payload weighs KG",
    )
    add("--log", type=Path, default=None, help="append one JSON line per message sent, with the truth")
    return options


def main() -> None:
    """Run the plant as the command line says."""
    arguments = parser().parse_args()
    if arguments.rate <= 0 or arguments.payload < 0:
        sys.exit("plant: --rate has to be positive and --payload not negative")
    if arguments.log is None:
        asyncio.run(run(arguments, None))
    else:
        with arguments.log.open("a", encoding="utf-8") as log:
            asyncio.run(run(arguments, log))


if __name__ == "__main__":
    main()
