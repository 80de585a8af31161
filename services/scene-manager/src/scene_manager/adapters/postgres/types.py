"""Types that are generic in asyncpg's stubs only."""

from __future__ import annotations

from typing import TypeAlias

from asyncpg import Connection, Record
from asyncpg.pool import PoolConnectionProxy

Connected: TypeAlias = "Connection[Record] | PoolConnectionProxy[Record]"
"""A connection, from a pool or not."""
