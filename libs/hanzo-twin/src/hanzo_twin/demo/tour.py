"""The demo through the public API: an arm moves, its twin follows and obeys, a worker dies, the books are settled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from hanzo_twin.audit import account
from hanzo_twin.audit.collect import collect
from hanzo_twin.bus import Twins
from hanzo_twin.client import AsyncClient, NotFound
from hanzo_twin.demo.director import WARM_UP_S, Outcome, first_prediction
from hanzo_twin.demo.example import Example
from hanzo_twin.demo.orders import order
from hanzo_twin.demo.plant import plant_running
from hanzo_twin.demo.received import Received
from hanzo_twin.errors import DemoFailed, HanzoTwinError
from hanzo_twin.live.follow import following
from hanzo_twin.live.show import show
from hanzo_twin.models import Command, Twin

RUNS_S = 60.0
AHEAD_S = 0.5
"""A command is given so long before it acts, so that it reaches twin and plant in time."""
JOINT, PLANT_JOINT, TARGET_RAD = "/World/Arm/shoulder", "shoulder", 0.7


@dataclass(frozen=True, slots=True)
class Tour:
    """What came of it.

    Attributes:
        outcome: the account, and who died.
        command: what became of the joint command.
        received: predictions that the client got.
        missed: public predictions after its first one that it didn't get.
    """

    outcome: Outcome
    command: Command
    received: int
    missed: int


async def tour(
    client: AsyncClient,
    twins: Twins,
    example: Example,
    *,
    kill: Callable[[str], Awaitable[None]],
    seconds: float,
    log: Path,
    screen: Console,
) -> Tour:
    """Run the example for so many seconds after its first prediction: a command after a quarter, a crash after half.

    The twin is deleted at the end, whatever happens.

    Args:
        client: of the API; everything is asked for with it.
        twins: the bus client, to settle the account from the raw topics.
        example: plant and twin.
        kill: ends a worker, by the instance that it reports, with SIGKILL.
        seconds: how long, the warm-up included.
        log: file for what the plant sent.
        screen: for the live table.

    Raises:
        DemoFailed: the plant ended, or the twin was not where it has to be.
        AuditError: a record came out that must never be.
    """
    received = Received()
    async with plant_running(example, log), _brought(client, example, screen) as twin:
        name, quarter = twin.name, seconds / 4
        async with following(client, twin.id, received.add) as model:
            await first_prediction(model)
            began_ms = time.time_ns() // 1_000_000
            await show(screen, name, model, seconds=quarter, notes=(f"a joint command in {quarter:.0f} s",))
            command = await _commanded(client, twin, example)
            notes: tuple[str, ...] = (f"{JOINT} was told to go to {TARGET_RAD} rad, and the plant as well",)
            coming = f"a worker dies in {quarter:.0f} s"
            await show(screen, name, model, seconds=quarter, notes=(*notes, coming))
            killed = (await client.get_twin(twin.id)).sim
            if killed is None:
                raise DemoFailed(f"no worker reports twin {name}")
            killed_ms = time.time_ns() // 1_000_000
            await kill(killed.worker)
            notes = (*notes, f"{killed.worker} was killed with SIGKILL after {2 * quarter:.0f} s")
            await show(screen, name, model, seconds=2 * quarter, notes=notes)
            end_ms = time.time_ns() // 1_000_000
            successor = (await client.get_twin(twin.id)).sim
            if successor is None or successor.worker == killed.worker:
                raise DemoFailed(f"{killed.worker} was killed, and no other worker has taken its twin")
            evidence = await collect(twins, await twins.find(twin.id), until_ms=end_ms)
            missed = await received.missed(evidence, end_ms)
        command = await client.get_command(command.id) if command.pending else command
    settled = await asyncio.to_thread(
        account,
        evidence.journal,
        evidence.predictions,
        evidence.public,
        window_ms=(began_ms + round(WARM_UP_S * 1000), end_ms),
        budget_ms=example.twin.definition.sync.latency_budget_ms,
        killed_ms=killed_ms,
    )
    return Tour(Outcome(settled, killed.worker, successor.worker), command, len(received), missed)


@asynccontextmanager
async def _brought(client: AsyncClient, example: Example, screen: Console) -> AsyncIterator[Twin]:
    """The twin with its scene, running; deleted at the end. What went wrong before matters more than whether
    that succeeds.
    """
    name = example.twin.definition.name
    scene = await client.upload_scene(example.twin.scene, name=name, note="the demo's")
    screen.print(f"uploaded scene {scene.name}, version {scene.version}")
    try:
        twin = await client.create_twin(example.twin.text, scene=scene.name, scene_version=scene.version)
        await client.start_twin(twin.id)
        screen.print(f"created and started twin {twin.name}, {twin.id}", soft_wrap=True)
        yield await client.wait_for_phase(twin.id, "running", timeout=RUNS_S)
    except BaseException:
        with suppress(HanzoTwinError):
            await _cleared(client, name)
        raise
    await _cleared(client, name)


async def _cleared(client: AsyncClient, name: str) -> None:
    with suppress(NotFound):
        await client.delete_twin(name)
    await client.delete_scene(name)


async def _commanded(client: AsyncClient, twin: Twin, example: Example) -> Command:
    """Give twin and plant the same command for the same moment."""
    moment = datetime.now(UTC) + timedelta(seconds=AHEAD_S)
    assert example.commands is not None
    await order(example.broker, example.commands, PLANT_JOINT, TARGET_RAD, moment)
    return await client.joint_command(twin.id, {JOINT: ("position", TARGET_RAD)}, effect_time=moment)
