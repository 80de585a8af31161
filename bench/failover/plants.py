"""Many pendulums that swing at 30 Hz, or at another rate, and talk only MQTT. Knows nothing of twins."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import random
import time
from urllib.parse import urlsplit

from gmqtt import Client

RATE = 30


async def swing(broker: str, count: int, seconds: float, rate: float) -> None:
    """Publish the state of so many plants, evenly staggered."""
    address = urlsplit(broker)
    client = Client("plants")
    client.reconnect_delay = 1  # s, after the broker was away
    await client.connect(address.hostname, address.port or 1883)
    dice = random.Random(3)
    start, parent = time.monotonic(), os.getppid()
    for number in range(int(seconds * rate * count)):
        plant, due = number % count, number / (rate * count)
        await asyncio.sleep(max(0.0, start + due - time.monotonic()))
        if os.getppid() != parent:  # whoever began this was killed
            break
        payload = {
            "time_ns": time.time_ns(),
            "name": ["hinge"],
            "position": [0.5 * math.sin(4.4 * due + plant) + dice.gauss(0, 0.002)],
            "velocity": [2.2 * math.cos(4.4 * due + plant) + dice.gauss(0, 0.01)],
            "effort": [0.0],
        }
        client.publish(f"plant/load-{plant}/sensors/joint_states", json.dumps(payload).encode(), qos=0)
    await client.disconnect()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--broker", default="mqtt://127.0.0.1:1883")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=RATE)
    options = parser.parse_args()
    asyncio.run(swing(options.broker, options.count, options.seconds, options.rate))
