"""What should run, by twin, as the compacted topic says."""

from dataclasses import dataclass

from twin_schemas.records import TwinSpec


@dataclass(frozen=True, slots=True)
class _Entry:
    offset: int
    spec: TwinSpec | None


class SpecBook:
    """The newest spec of each twin of one pool; records may arrive twice and from two readers."""

    def __init__(self, pool: str = "default") -> None:
        """Begin empty."""
        self._pool = pool
        self._entries: dict[str, _Entry] = {}
        self._by_partition: dict[int, dict[str, TwinSpec]] = {}

    def apply(self, offset: int, twin: str, spec: TwinSpec | None) -> bool:
        """Take a record of the topic; None is a tombstone.

        A twin's records all lie in one partition, so the higher offset is the newer one.

        Returns:
            False when it was known or older.
        """
        known = self._entries.get(twin)
        if known is not None and offset <= known.offset:
            return False
        if known is not None and known.spec is not None:
            self._by_partition[known.spec.partition].pop(twin, None)
        ours = spec if spec is not None and spec.pool == self._pool else None
        self._entries[twin] = _Entry(offset, ours)
        if ours is not None:
            self._by_partition.setdefault(ours.partition, {})[twin] = ours
        return True

    def get(self, twin: str) -> TwinSpec | None:
        """The twin's spec; None when it is unknown, deleted or another pool's."""
        entry = self._entries.get(twin)
        return entry.spec if entry else None

    def on_partition(self, partition: int) -> list[TwinSpec]:
        """Every spec whose journal lies in a partition."""
        return list(self._by_partition.get(partition, {}).values())

    def __len__(self) -> int:
        """Number of twins that should exist."""
        return sum(entry.spec is not None for entry in self._entries.values())
