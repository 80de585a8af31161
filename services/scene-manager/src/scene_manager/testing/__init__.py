"""For tests: the ports in memory, under the same suite as PostgreSQL, and sample values."""

from scene_manager.testing.outbox import MemoryOutbox
from scene_manager.testing.store import Store
from scene_manager.testing.work import MemoryWork

__all__ = ["MemoryOutbox", "MemoryWork", "Store"]
