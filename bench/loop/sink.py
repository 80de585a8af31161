"""Writes down when each message arrived, and the times that it names. Knows nothing of twins."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import signal
import time
from pathlib import Path

import uvloop
from wire import connect

_TIME = re.compile(rb'"time_ns":(\d+)')


async def listen(options: argparse.Namespace) -> None:
    """Until told to stop: [second level of the topic, time in the message, time of arrival] of each."""
    got: list[tuple[str, bytes, int]] = []
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    def receive(topic: str, payload: bytes) -> None:
        got.append((topic, payload, time.time_ns()))

    wire = await connect(options.broker, f"sink-{time.time_ns():x}", receive)
    wire.subscribe(options.topic)
    print("listening", flush=True)
    await stop.wait()
    rows = []
    for topic, payload, at in got:
        found = _TIME.search(payload)
        if found:
            rows.append((int(topic.split("/")[1]), int(found[1]), at))
    options.got.write_text(json.dumps(rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--broker", default="mqtt://127.0.0.1:1883")
    parser.add_argument("--topic", required=True)
    parser.add_argument("--got", type=Path, required=True, help="file for what arrived")
    uvloop.run(listen(parser.parse_args()))
