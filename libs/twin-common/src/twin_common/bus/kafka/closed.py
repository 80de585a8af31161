"""uvloop answers a write to a transport that has just been closed with a RuntimeError.

aiokafka expects an OSError there; what it doesn't expect ends its background tasks, and with them the client.
"""

from __future__ import annotations

from typing import Any

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

_send = AIOKafkaConnection.send


def _sent(self: Any, request: Any, expect_response: bool = True) -> Any:
    try:
        return _send(self, request, expect_response)
    except RuntimeError as error:
        self.close(reason=CloseReason.CONNECTION_BROKEN)
        raise KafkaConnectionError(f"Connection at {self.host}:{self.port} broken: {error}") from error


def expect_closed_transports() -> None:
    """Have every connection of aiokafka in this process treat such a write as a broken connection."""
    AIOKafkaConnection.send = _sent
