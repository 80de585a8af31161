"""What a bus promises, as one suite: it runs over the memory bus and over Kafka."""

from __future__ import annotations

from twin_common.testing.bus_groups import GroupsSuite
from twin_common.testing.bus_records import RecordsSuite


class BusSuite(RecordsSuite, GroupsSuite):
    """Everything. Subclasses give the fixtures `bus` and `prefix` (unique per test)."""
