"""The moment at which a group's members share their partitions anew, as the broker tells it."""

from __future__ import annotations

import asyncio
import time

from confluent_kafka import ConsumerGroupState
from confluent_kafka.admin import AdminClient

_SHARING = (ConsumerGroupState.PREPARING_REBALANCING, ConsumerGroupState.COMPLETING_REBALANCING)
_PAUSE_S = 0.01


async def is_rebalancing(brokers: str, group: str) -> bool:
    """Whether the group rebalances just now."""
    return await asyncio.to_thread(_shares, AdminClient({"bootstrap.servers": brokers}), group)


async def rebalancing(brokers: str, group: str, within_s: float) -> None:
    """Return as soon as the group rebalances.

    Raises:
        RuntimeError: it doesn't.
    """
    await asyncio.to_thread(_await, AdminClient({"bootstrap.servers": brokers}), group, within_s)


def _await(admin: AdminClient, group: str, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if _shares(admin, group):
            return
        time.sleep(_PAUSE_S)
    raise RuntimeError(f"the group {group} didn't rebalance within {within_s:g} s")


def _shares(admin: AdminClient, group: str) -> bool:
    return admin.describe_consumer_groups([group])[group].result().state in _SHARING
