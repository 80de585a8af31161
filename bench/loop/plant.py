"""Many plants that move at 30 Hz and talk only MQTT; each reading says when it was sent. Knows nothing of twins."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import time
from array import array
from collections.abc import Sequence
from pathlib import Path

import uvloop
from wire import connect, topic_name

_CYCLE = 7 * 30
_BEAT_S = 0.002
"""Waking for each of thousands of readings would cost more of the measured cores than the readings."""
_AMPLITUDE, _OMEGA = 0.4, 2 * math.pi * 4 / 7
"""Whole swings in a cycle of 7 s, so that payloads can be made beforehand."""


def cycle(plant: int, joints: Sequence[str], rate: int) -> list[bytes]:
    """The payloads of one cycle without their time, which is to be put in front."""
    dice = random.Random(plant)
    payloads = []
    for number in range(_CYCLE):
        swing = [_OMEGA * number / rate + plant + 0.7 * joint for joint in range(len(joints))]
        reading = {
            "name": joints,
            "position": [round(_AMPLITUDE * math.sin(at) + dice.gauss(0, 0.002), 6) for at in swing],
            "velocity": [round(_AMPLITUDE * _OMEGA * math.cos(at) + dice.gauss(0, 0.01), 6) for at in swing],
            "effort": [0.0] * len(joints),
        }
        payloads.append(b"," + json.dumps(reading, separators=(",", ":")).encode()[1:])
    return payloads


async def move(options: argparse.Namespace) -> None:
    """Publish the state of so many plants, staggered in beats, and keep when."""
    joints = options.joints.split(",")
    wire = await connect(options.broker, f"plants-{time.time_ns():x}")
    topics = [topic_name(f"{options.prefix}/{plant}/sensors/joint_states") for plant in range(options.count)]
    payloads = [cycle(plant, joints, options.rate) for plant in range(options.count)]
    sent = [array("q") for _ in range(options.count)]
    period = 1 / (options.rate * options.count)
    start = time.monotonic()
    number, last = 0, int(options.seconds / period)
    while number < last:
        due = math.ceil(number * period / _BEAT_S) * _BEAT_S
        await asyncio.sleep(max(0.0, start + due - time.monotonic()))
        while number < last and start + number * period <= time.monotonic():
            turn, plant = divmod(number, options.count)
            at = time.time_ns()
            wire.publish(topics[plant], b'{"time_ns":%d' % at + payloads[plant][turn % _CYCLE])
            sent[plant].append(at)
            number += 1
    options.sent.write_text(json.dumps([list(each) for each in sent]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--broker", default="mqtt://127.0.0.1:1883")
    parser.add_argument("--prefix", default="plant")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--joints", default="hinge", help="names with commas")
    parser.add_argument("--rate", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--sent", type=Path, required=True, help="file for the times, ns, by plant")
    uvloop.run(move(parser.parse_args()))
