"""Which twins there are and what is reported of them: the compacted topics, read when asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from hanzo_twin.bus.records import item
from hanzo_twin.bus.topics import Topics
from hanzo_twin.errors import TwinUnknown
from twin_common.bus.api import Bus
from twin_common.bus.types import Record as BusRecord
from twin_schemas.records import SimStatus, SyncStatus, TwinSpec

ALIAS = "twin-"
"""`twin-<name>` means `<name>`, as the standard's command line writes it."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What is said of one twin.

    Attributes:
        spec: what should run.
        sim: the worker's newest report, or None.
        sync: the sync engine's newest report, or None.
    """

    spec: TwinSpec
    sim: SimStatus | None
    sync: SyncStatus | None


class Directory:
    """Reads `twin.specs` and `twin.status` from their beginnings whenever it is asked."""

    def __init__(self, bus: Bus, topics: Topics) -> None:
        """Opens nothing yet."""
        self._bus = bus
        self._topics = topics

    async def specs(self) -> tuple[TwinSpec, ...]:
        """Every twin that isn't deleted, by name.

        Raises:
            TopicMissing, BrokerUnreachable: the bus isn't there.
        """
        found: dict[bytes, TwinSpec] = {}
        async for read in self._read("twin.specs"):
            spec = item(read, TwinSpec)
            if spec is not None:
                found[read.key or b""] = spec.record
            elif read.value is None:
                found.pop(read.key or b"", None)
        return tuple(sorted(found.values(), key=lambda spec: spec.name))

    async def find(self, ref: str) -> TwinSpec:
        """The twin with this name, alias `twin-<name>` or UUID.

        Raises:
            TwinUnknown: there is none; the message names those there are.
        """
        specs = await self.specs()
        for spec in specs:
            if ref in (spec.name, f"{ALIAS}{spec.name}", spec.twin):
                return spec
        raise TwinUnknown(ref, tuple(spec.name for spec in specs))

    async def reported(self) -> tuple[Reported, ...]:
        """Every twin that isn't deleted with its newest reports, by name."""
        sims: dict[str, SimStatus] = {}
        syncs: dict[str, SyncStatus] = {}
        async for read in self._read("twin.status"):
            status = item(read, SimStatus, SyncStatus)
            match status.record if status else None:
                case SimStatus() as sim:
                    sims[sim.twin] = sim
                case SyncStatus() as sync:
                    syncs[sync.twin] = sync
        return tuple(Reported(spec, sims.get(spec.twin), syncs.get(spec.twin)) for spec in await self.specs())

    async def _read(self, topic: str) -> AsyncIterator[BusRecord]:
        async with await self._bus.reader() as reader:
            await reader.assign(*await reader.partitions(self._topics.name(topic)))
            async for read in reader.read_to_end():
                yield read
