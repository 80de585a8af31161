"""One pendulum at 30 Hz of a clock that runs faster. Knows nothing of twins."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import time
from urllib.parse import urlsplit

from gmqtt import Client

RATE = 30


async def swing(broker: str, epoch_ns: int, speed: int, seconds: float) -> None:
    """Publish states for so many seconds of the fast clock, from now on."""
    address = urlsplit(broker)
    client = Client("soaked-plant")
    client.reconnect_delay = 1  # s, after the broker was away
    await client.connect(address.hostname, address.port or 1883)
    dice = random.Random(5)
    start_ns = epoch_ns + (time.time_ns() - epoch_ns) * speed
    start = time.monotonic()
    for number in range(int(seconds * RATE)):
        due = number / RATE
        if (wait := start + due / speed - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        payload = {
            "time_ns": start_ns + round(due * 1e9),
            "name": ["hinge"],
            "position": [0.5 * math.sin(4.4 * due) + dice.gauss(0, 0.002)],
            "velocity": [2.2 * math.cos(4.4 * due) + dice.gauss(0, 0.01)],
            "effort": [0.0],
        }
        client.publish("plant/soaked/sensors/joint_states", json.dumps(payload).encode(), qos=0)
    await client.disconnect()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--broker", required=True)
    parser.add_argument("--epoch-ns", type=int, required=True)
    parser.add_argument("--speed", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    asyncio.run(swing(options.broker, options.epoch_ns, options.speed, options.seconds))
