"""Many twins of one kind, created, running, and deleted again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from _load import FOLDER, RATE, Kind
from _platform import Platform

from hanzo_twin.bus import Twins, open_twins
from hanzo_twin.cli.surroundings import scene_store
from hanzo_twin.definition import read_twin_file, setting_variables
from twin_schemas.records import SimPhase

_CONVERSATIONS = 8
_PATIENCE_S = 60.0


def definition(on: Platform, kind: Kind, number: int, steps: int, forecasts: float) -> str:
    """The YAML of one twin."""
    joints = ", ".join(f"{name}: {path}" for name, path in kind.joints.items())
    variables = {
        **setting_variables(on.settings),
        "HANZO_TWIN_MQTT_DEFAULT_BROKER": on.broker,
        "NAME": f"loop-{kind.name}-{number}",
        "SCENE": str(kind.scene),
        "TOPIC": f"{kind.name}/{number}",
        "STEP_HZ": str(RATE * steps),
        "JOINTS": joints,
        "FORECASTS": f"{forecasts:g}",
    }
    return read_twin_file(FOLDER / "twin.yaml", variables).text


async def numbers(on: Platform, kind: Kind) -> dict[str, int]:
    """The plants' numbers by their twins' ids."""
    prefix = f"loop-{kind.name}-"
    return {
        each.spec.twin: int(each.spec.name.removeprefix(prefix))
        for each in await on.twins.directory.reported()
        if each.spec.name.startswith(prefix)
    }


async def every(seconds: float) -> AsyncIterator[None]:
    """A turn now, and again and again."""
    while True:
        yield
        await asyncio.sleep(seconds)


async def phases(on: Platform, twins: set[str]) -> dict[str, tuple[SimPhase, str]]:
    """What the workers say of some twins: phase and code."""
    return {
        each.spec.twin: (each.sim.phase, each.sim.code or "")
        for each in await on.twins.directory.reported()
        if each.sim is not None and each.spec.twin in twins and each.sim.revision >= each.spec.revision
    }


@asynccontextmanager
async def fleet(on: Platform, kind: Kind, count: int, steps: int, forecasts: float) -> AsyncIterator[float]:
    """So many twins that run; seconds from the first command until the last one runs.

    Raises:
        RuntimeError: some don't, with what their worker says.
    """
    content = await asyncio.to_thread(kind.scene.read_bytes)
    numbers = iter(range(count))
    ids: list[str] = []
    async with AsyncExitStack() as opened:
        clients = [
            await opened.enter_async_context(await open_twins(on.settings)) for _ in range(_CONVERSATIONS)
        ]
        digest = await scene_store(on.settings)(content)
        scene = await clients[0].register_scene(f"loop-{kind.name}", digest, kind.scene.name, len(content))
        began = time.monotonic()

        async def create(client: Twins) -> None:
            for number in numbers:
                text = definition(on, kind, number, steps, forecasts)
                name = f"loop-{kind.name}-{number}"
                made = await client.create(name, text, f"loop-{kind.name}", scene.version)
                ids.append(made.id)
                await client.start(made.id)

        await asyncio.gather(*map(create, clients))
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await _running(on, set(ids))
            yield time.monotonic() - began
        finally:
            left = iter(ids)

            async def delete(client: Twins) -> None:
                for twin in left:
                    await client.delete(twin)

            await asyncio.gather(*map(delete, clients))
            await _gone(on, set(ids))


async def _running(on: Platform, twins: set[str]) -> None:
    async for _ in every(0.25):
        said = await phases(on, twins)
        if sum(phase is SimPhase.RUNNING for phase, _ in said.values()) == len(twins):
            return
        trouble = {code for phase, code in said.values() if phase in (SimPhase.FAILED, SimPhase.PARKED)}
        if trouble:
            raise RuntimeError(f"not every twin runs: {', '.join(sorted(trouble))}")


async def _gone(on: Platform, twins: set[str]) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        async for _ in every(0.2):
            if not await phases(on, twins):
                return
