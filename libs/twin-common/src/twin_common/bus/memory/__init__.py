"""The bus inside this process: deterministic, with partitions, groups, rebalances and compaction on demand.

For tests and for running everything in one process. Nothing is kept beyond the process.
"""

from twin_common.bus.memory.bus import MemoryBus

__all__ = ["MemoryBus"]
