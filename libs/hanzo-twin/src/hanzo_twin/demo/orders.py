"""Commands to the plant, as its operator gives them: over MQTT."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import datetime
from urllib.parse import urlsplit

from gmqtt import Client

PATIENCE_S = 5.0


async def order(broker: str, topic: str, joint: str, position: float, moment: datetime) -> None:
    """Tell a joint of the plant where to go.

    Args:
        broker: URL of the MQTT broker.
        topic: where the plant takes commands from.
        joint: its name there.
        position: in rad.
        moment: when it shall act.
    """
    address = urlsplit(broker)
    client = Client(f"operator-{uuid.uuid4().hex[:12]}")
    client.stop_reconnect()
    async with asyncio.timeout(PATIENCE_S):
        await client.connect(address.hostname or "127.0.0.1", address.port or 1883)
        command = {"name": [joint], "position": [position], "time_ns": round(moment.timestamp() * 1e9)}
        client.publish(topic, json.dumps(command), qos=1)
        await client.disconnect()
