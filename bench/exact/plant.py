"""A plant with bad habits: gaps, duplicates, bursts, late and early readings. Knows nothing of twins."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import time
from urllib.parse import urlsplit

from gmqtt import Client

PERIOD_S = 1 / 30


async def misbehave(broker: str, topic: str, seconds: float, seed: int) -> None:
    """Publish for so many seconds."""
    dice = random.Random(seed)
    address = urlsplit(broker)
    client = Client(f"plant-{topic.replace('/', '-')}")
    await client.connect(address.hostname, address.port or 1883)
    start = time.monotonic()
    origin_ns = time.time_ns()
    silent_until = 0.0
    for number in range(int(seconds / PERIOD_S)):
        due = number * PERIOD_S
        await asyncio.sleep(max(0.0, start + due - time.monotonic()))
        if due < silent_until:
            continue
        if dice.random() < 0.01:
            silent_until = due + dice.uniform(0.2, 1.6)
        angle = 0.6 * math.sin(3.4 * due) + dice.gauss(0, 0.002)
        at = origin_ns + round((due + dice.choice([0, 0, 0, -0.02, 0.004, -0.3])) * 1e9)
        arm = {
            "time_ns": at,
            "name": ["hinge"],
            "position": [angle],
            "velocity": [2.04 * math.cos(3.4 * due)],
            "effort": [dice.gauss(0, 0.05)],
        }
        messages = [("arm", arm)]
        if dice.random() < 0.1:
            messages.append(("arm", arm))
        if dice.random() < 0.2:
            x = 2 + dice.gauss(0, 0.003)
            messages.append(("box", {"time_ns": at, "pose": [x, 0.0, 0.1, 1.0, 0.0, 0.0, 0.0]}))
        for name, payload in messages:
            client.publish(f"{topic}/{name}", json.dumps(payload).encode(), qos=0)
    await client.disconnect()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--broker", default="mqtt://127.0.0.1:1883")
    parser.add_argument("--topic", default="plant/exact")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    asyncio.run(misbehave(options.broker, options.topic, options.seconds, options.seed))
