from __future__ import annotations

from dataclasses import replace

import pytest

from hanzo_twin.bus.directory import Directory
from hanzo_twin.bus.topics import Topics
from hanzo_twin.errors import TwinUnknown
from twin_common.bus.memory import MemoryBus
from twin_schemas.codec import encode
from twin_schemas.record import Record
from twin_schemas.records import Latency, SimPhase, SimStatus, SyncStatus, TwinSpec


async def write(bus: MemoryBus, topic: str, key: str, record: Record | None) -> None:
    async with await bus.producer() as producer:
        value = encode(record) if record else None
        await producer.send(f"hanzo.twin.{topic}", key=key.encode(), value=value)


async def test_a_twin_is_found_by_name_alias_and_uuid(bus: MemoryBus, topics: Topics, spec: TwinSpec) -> None:
    await write(bus, "twin.specs", spec.twin, spec)
    directory = Directory(bus, topics)
    assert {(await directory.find(ref)).twin for ref in ("pendulum", "twin-pendulum", spec.twin)} == {
        spec.twin
    }


async def test_the_newest_revision_counts(bus: MemoryBus, topics: Topics, spec: TwinSpec) -> None:
    await write(bus, "twin.specs", spec.twin, spec)
    await write(bus, "twin.specs", spec.twin, replace(spec, revision=3))
    assert [found.revision for found in await Directory(bus, topics).specs()] == [3]


async def test_a_deleted_twin_is_gone(bus: MemoryBus, topics: Topics, spec: TwinSpec) -> None:
    await write(bus, "twin.specs", spec.twin, spec)
    await write(bus, "twin.specs", spec.twin, None)
    assert await Directory(bus, topics).specs() == ()


async def test_an_unknown_name_is_answered_with_those_there_are(
    bus: MemoryBus, topics: Topics, spec: TwinSpec
) -> None:
    await write(bus, "twin.specs", spec.twin, spec)
    with pytest.raises(TwinUnknown, match=r"no twin 'pendulun'\. There are: pendulum"):
        await Directory(bus, topics).find("pendulun")


async def test_reports_of_worker_and_sync_engine_belong_to_their_twin(
    bus: MemoryBus, topics: Topics, spec: TwinSpec
) -> None:
    await write(bus, "twin.specs", spec.twin, spec)
    sim = SimStatus(spec.twin, "local", "pendulum", 2, "w", 1, SimPhase.RUNNING, [], 5, 4, 1.0, 2, {}, [], 9)
    none = Latency(0, 0.0, 0.0, 0.0)
    sync = SyncStatus(spec.twin, "local", "pendulum", 2, "e", 1, 1, 4, [], {}, none, {}, {}, 9)
    await write(bus, "twin.status", f"{spec.twin}/sim", sim)
    await write(bus, "twin.status", f"{spec.twin}/sync", sync)
    await write(bus, "twin.status", "other/sim", replace(sim, twin="other"))
    (found,) = await Directory(bus, topics).reported()
    assert (found.spec, found.sim, found.sync) == (spec, sim, sync)
