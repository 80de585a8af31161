"""The moment at which a group's members share their partitions anew, as the broker tells it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from confluent_kafka import ConsumerGroupState
from confluent_kafka.admin import AdminClient

_SHARING = (ConsumerGroupState.PREPARING_REBALANCING, ConsumerGroupState.COMPLETING_REBALANCING)
_PAUSE_S = 0.01


async def rebalancing(brokers: str, group: str, within_s: float) -> Callable[[], Awaitable[bool]]:
    """Return as soon as the group rebalances; what is returned tells whether it still does.

    Raises:
        RuntimeError: it doesn't.
    """
    admin = AdminClient({"bootstrap.servers": brokers})
    await asyncio.to_thread(_await, admin, group, within_s)
    return lambda: asyncio.to_thread(_shares, admin, group)


def _await(admin: AdminClient, group: str, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if _shares(admin, group):
            return
        time.sleep(_PAUSE_S)
    raise RuntimeError(f"the group {group} didn't rebalance within {within_s:g} s")


def _shares(admin: AdminClient, group: str) -> bool:
    return admin.describe_consumer_groups([group])[group].result().state in _SHARING
