from __future__ import annotations

import pytest

from hanzo_twin.bus import Twins
from hanzo_twin.errors import NoAnswer, TwinFailed
from hanzo_twin.launch import wait_running, wait_stopped
from twin_common.bus.memory import MemoryBus
from twin_schemas.codec import encode
from twin_schemas.records import Desired, Latency, SimPhase, SimStatus, SyncStatus, TwinSpec

SPEC = TwinSpec("t", "local", "pendulum", 2, Desired.RUNNING, "default", 0, "s", 1, "", "s.usda", "{}", 1, 1)


async def report(bus: MemoryBus, phase: SimPhase, revision: int = 2, code: str | None = None) -> None:
    who = ("t", "local", "pendulum", revision, "w", 1, phase)
    message = "remove the joint limit" if code else None
    status = SimStatus(*who, [], 0, 0, 0.0, -1, {}, [], 1, code=code, message=message)
    async with await bus.producer() as producer:
        await producer.send("hanzo.twin.twin.status", key=b"t/sim", value=encode(status))


async def test_a_running_report_of_this_revision_ends_the_wait(bus: MemoryBus, twins: Twins) -> None:
    await report(bus, SimPhase.RUNNING)
    assert (await wait_running(twins, SPEC, timeout=5)).phase is SimPhase.RUNNING


async def test_a_report_of_an_older_revision_does_not(bus: MemoryBus, twins: Twins) -> None:
    await report(bus, SimPhase.RUNNING, revision=1)
    with pytest.raises(NoAnswer, match="no worker has reported twin pendulum"):
        await wait_running(twins, SPEC, timeout=0.2)


async def test_a_twin_that_cannot_run_says_why(bus: MemoryBus, twins: Twins) -> None:
    await report(bus, SimPhase.FAILED, code="scene_invalid")
    with pytest.raises(TwinFailed, match="pendulum is failed, scene_invalid: remove the joint limit"):
        await wait_running(twins, SPEC, timeout=5)


async def test_a_start_that_hangs_without_a_journal_blames_the_sync_engine(
    bus: MemoryBus, twins: Twins
) -> None:
    await report(bus, SimPhase.STARTING)
    with pytest.raises(NoAnswer, match="hanzo-twin dev logs sync-engine"):
        await wait_running(twins, SPEC, timeout=0.2)


async def test_a_start_that_hangs_with_a_journal_blames_the_worker(bus: MemoryBus, twins: Twins) -> None:
    await report(bus, SimPhase.STARTING)
    none = Latency(0, 0.0, 0.0, 0.0)
    sync = SyncStatus("t", "local", "pendulum", 2, "e", 1, 1, 0, [], {}, none, {}, {}, 1)
    async with await bus.producer() as producer:
        await producer.send("hanzo.twin.twin.status", key=b"t/sync", value=encode(sync))
    with pytest.raises(NoAnswer, match="still starting, not running"):
        await wait_running(twins, SPEC, timeout=0.2)


async def test_a_stop_waits_for_the_worker(bus: MemoryBus, twins: Twins) -> None:
    await report(bus, SimPhase.RUNNING)
    with pytest.raises(NoAnswer, match="still running, not stopped"):
        await wait_stopped(twins, SPEC, timeout=0.2)
    await report(bus, SimPhase.STOPPED)
    assert (await wait_stopped(twins, SPEC, timeout=5)).phase is SimPhase.STOPPED


async def test_a_twin_that_ran_once_and_is_parked_now_is_not_taken_for_running(
    bus: MemoryBus, twins: Twins
) -> None:
    await report(bus, SimPhase.RUNNING)
    await report(bus, SimPhase.PARKED, code="diverged")
    with pytest.raises(TwinFailed, match=r"parked, diverged: .*: `hanzo-twin start pendulum`$"):
        await wait_running(twins, SPEC, timeout=5)


@pytest.mark.parametrize("phase", [SimPhase.PARKED, SimPhase.FAILED])
async def test_a_twin_in_trouble_stands_still_already(bus: MemoryBus, twins: Twins, phase: SimPhase) -> None:
    await report(bus, phase, code="diverged")
    assert (await wait_stopped(twins, SPEC, timeout=5)).phase is phase
