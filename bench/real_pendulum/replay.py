"""Replays the recorded pendulum over MQTT at its own pace, times rebased to now. Knows nothing of twins."""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import time
from pathlib import Path
from urllib.parse import urlsplit

from gmqtt import Client


async def replay(csv_file: Path, broker: str, topic: str) -> int:
    """Send every row; returns how many."""
    with csv_file.open() as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    address = urlsplit(broker)
    client = Client("real-pendulum")
    await client.connect(address.hostname, address.port or 1883)
    start_ns, start = time.time_ns() + 200_000_000, time.monotonic() + 0.2
    for row in rows:
        delay = start + row["time"] - time.monotonic()
        if delay > 0:
            await asyncio.sleep(delay)
        payload = {
            "time_ns": start_ns + round(row["time"] * 1e9),
            "name": ["hinge"],
            "position": [row["position"]],
            "velocity": [row["velocity"]],
            "effort": [row["torque"]],
        }
        client.publish(topic, json.dumps(payload).encode(), qos=0)
    await asyncio.sleep(0.5)
    await client.disconnect()
    return len(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", type=Path)
    parser.add_argument("--broker", default="mqtt://127.0.0.1:1883")
    parser.add_argument("--topic", default="plant/real-pendulum/state")
    options = parser.parse_args()
    print(asyncio.run(replay(options.csv, options.broker, options.topic)))
