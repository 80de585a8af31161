"""Twins that are too heavy for their worker, beside others that aren't."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from _faulty import slow_down
from _platform import Platform

from hanzo_twin.definition import TwinFile
from hanzo_twin.errors import TwinFailed
from twin_common.definition import parse_twin
from twin_schemas.records import GridSegment, SimPhase, SimStatus, TwinSpec

MONSTROUS = 100_000
"""Steps a second, as many as an engine takes: of an arm more than there is room for."""
MODEST = 2_000
VARIABLES = {"HANZO_TWIN_SIM_WORKER_PARK_LAG_S": "4", "HANZO_TWIN_SIM_WORKER_MAX_LOAD": "0.3"}


@dataclass(slots=True)
class Course:
    """What became of a heavy twin.

    Attributes:
        code: why it ended; empty: it goes on.
        message: in words.
        conditions: that were reported before.
        rates: it was given by records, in Hz.
        seconds: from its start to its end.
    """

    code: str = ""
    message: str = ""
    conditions: set[str] = field(default_factory=set)
    rates: list[float] = field(default_factory=list)
    seconds: float = 0.0


def alone(example: TwinFile, name: str, steps_per_s: int, rate_hz: int) -> TwinFile:
    """A twin without sources that takes so many engine steps a second."""
    text = (
        f"name: {name}\nscene: {{uri: scene.usda}}\n"
        f"engine: {{type: mujoco, config: {{step_hz: {steps_per_s // 1000}, substeps: 1000}}}}\n"
        f"sync:\n  mode: standalone\n  rate_hz: {rate_hz}\n  horizon: {{per_second: 0}}\n"
        f"  publish: [{{type: kafka, topic: hanzo.twin.{name}}}]\n"
    )
    return TwinFile(text, parse_twin(text, name), example.scene)


async def refused(on: Platform, file: TwinFile) -> tuple[str, str]:
    """Start a twin for which there is no room; code and message of its status."""
    try:
        await on.run(file)
    except TwinFailed as error:
        return error.code, str(error)
    return "", "it runs"


async def overload(on: Platform, file: TwinFile, patience_s: float = 180.0) -> tuple[TwinSpec, Course]:
    """Start a twin, slow it down, and follow it until it is parked or patience is at its end."""
    course, began = Course(), time.monotonic()
    spec = await on.run(file)
    await slow_down(on, spec)
    with suppress(TimeoutError):
        async with asyncio.timeout(patience_s):
            await _follow(on, spec, course)
    course.seconds = time.monotonic() - began
    journal = [item.record for item in await on.twins.streams.read_journal(spec)]
    segments = [each for each in journal if isinstance(each, GridSegment) and each.reason == "rate"]
    course.rates = [each.grid.rate_num / each.grid.rate_den for each in segments]
    return spec, course


async def _follow(on: Platform, spec: TwinSpec, course: Course) -> None:
    async for item in on.twins.streams.follow_status(spec):
        status = item.record
        if isinstance(status, SimStatus) and status.revision >= spec.revision:
            course.conditions |= {condition.type for condition in status.conditions}
            if status.phase in (SimPhase.PARKED, SimPhase.FAILED):
                course.code, course.message = status.code or "", status.message or ""
                return


async def troubled(on: Platform, specs: Sequence[TwinSpec]) -> list[str]:
    """Twins of these that don't run, or lost their rate."""
    wanted = {spec.twin: spec.name for spec in specs}
    reported = await on.twins.directory.reported()
    sims = [each.sim for each in reported if each.sim is not None and each.sim.twin in wanted]
    return [wanted[sim.twin] for sim in sims if sim.phase is not SimPhase.RUNNING]
