"""Waiting until a twin does what is asked of it, and saying who is to blame when it doesn't."""

from __future__ import annotations

import asyncio

from hanzo_twin.bus import Twins
from hanzo_twin.errors import NoAnswer, TwinFailed
from twin_schemas.records import SimPhase, SimStatus, SyncStatus, TwinSpec

Seen = dict[type[SimStatus | SyncStatus], SimStatus | SyncStatus]
"""The newest report of each kind."""

_TROUBLED = (SimPhase.FAILED, SimPhase.PARKED)


async def wait_running(twins: Twins, spec: TwinSpec, *, timeout: float = 30.0) -> SimStatus:
    """Wait until a worker reports that it runs this revision of the twin.

    Raises:
        TwinFailed: the worker can't, and says why.
        NoAnswer: nobody reported it in time; the error names the service that is missing.
    """
    status = await _wait(twins, spec, (SimPhase.RUNNING, *_TROUBLED), timeout)
    if status.phase in _TROUBLED:
        code, message = status.code or status.phase.value, status.message or "no reason was given"
        raise TwinFailed(spec.name, status.phase.value, code, message)
    return status


async def wait_stopped(twins: Twins, spec: TwinSpec, *, timeout: float = 30.0) -> SimStatus:
    """Wait until a worker reports that this revision of the twin stands still; one in trouble does so already.

    Raises:
        NoAnswer: nobody reported it in time.
    """
    return await _wait(twins, spec, (SimPhase.STOPPED, *_TROUBLED), timeout)


async def _wait(twins: Twins, spec: TwinSpec, wanted: tuple[SimPhase, ...], timeout: float) -> SimStatus:
    seen: Seen = {}
    try:
        async with asyncio.timeout(timeout):
            async for item in twins.streams.follow_status(spec):
                status = item.record
                if status.revision < spec.revision:
                    continue
                seen[type(status)] = status
                if isinstance(status, SimStatus) and status.phase in wanted:
                    return status
    except TimeoutError:
        raise _missing(spec, seen, wanted[0], timeout) from None
    raise AssertionError("a stream that is followed has no end")


def _missing(
    spec: TwinSpec,
    seen: dict[type[SimStatus | SyncStatus], SimStatus | SyncStatus],
    wanted: SimPhase,
    timeout: float,
) -> NoAnswer:
    sim = seen.get(SimStatus)
    if sim is None:
        return NoAnswer("sim-worker", f"no worker has reported twin {spec.name} (pool {spec.pool})", timeout)
    if SyncStatus not in seen and wanted is SimPhase.RUNNING:
        return NoAnswer("sync-engine", f"none has taken up the journal of twin {spec.name}", timeout)
    assert isinstance(sim, SimStatus)
    return NoAnswer("sim-worker", f"twin {spec.name} is still {sim.phase.value}, not {wanted.value}", timeout)
