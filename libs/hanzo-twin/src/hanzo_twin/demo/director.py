"""The order of events: a plant swings, its twin follows, a worker dies, and the books are settled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from hanzo_twin.audit import Account, account
from hanzo_twin.audit.collect import collect
from hanzo_twin.bus import Twins
from hanzo_twin.demo.example import Example
from hanzo_twin.demo.plant import plant_running
from hanzo_twin.errors import DemoFailed, HanzoTwinError, NoAnswer
from hanzo_twin.launch import launch, wait_running
from hanzo_twin.launch.launch import StoreScene
from hanzo_twin.live import LiveModel
from hanzo_twin.live.show import show
from hanzo_twin.live.watch import watching
from twin_common.errors import TwinError

WARM_UP_S = 5.0
FIRST_PREDICTION_S = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a demo.

    Attributes:
        account: of everything after the warm-up.
        killed: instance of the worker that was killed.
        successor: instance of the worker that went on.
    """

    account: Account
    killed: str
    successor: str


async def perform(
    twins: Twins,
    example: Example,
    *,
    store: StoreScene,
    kill: Callable[[str], Awaitable[None]],
    seconds: float,
    log: Path,
    screen: Console,
) -> Outcome:
    """Run the example for so many seconds after its first prediction, with a crash in the middle.

    The twin is deleted at the end, whatever happens.

    Args:
        twins: the bus client.
        example: plant and twin.
        store: the object store.
        kill: ends a worker, by the instance that it reports, with SIGKILL.
        seconds: how long, the warm-up included.
        log: file for what the plant sent.
        screen: for the live table.

    Raises:
        DemoFailed: the plant ended, or the twin was not where it has to be.
        AuditError: a record came out that must never be.
    """
    name = example.twin.definition.name
    async with plant_running(example, log), _gone_afterwards(twins, name):
        spec = (await launch(twins, example.twin, store)).spec
        await wait_running(twins, spec)
        async with watching(twins, spec) as model:
            await first_prediction(model)
            began_ms = time.time_ns() // 1_000_000
            half = seconds / 2
            await show(screen, name, model, seconds=half, notes=(f"a worker dies in {half:.0f} s",))
            killed = model.view(time.time_ns()).worker
            killed_ms = time.time_ns() // 1_000_000
            await kill(killed)
            note = f"{killed} was killed with SIGKILL after {half:.0f} s"
            view = await show(screen, name, model, seconds=seconds - half, notes=(note,))
        end_ms = time.time_ns() // 1_000_000
        if view.worker == killed:
            raise DemoFailed(f"{killed} was killed, and no other worker has taken its twin")
        evidence = await collect(twins, spec, until_ms=end_ms)
    settled = await asyncio.to_thread(
        account,
        evidence.journal,
        evidence.predictions,
        evidence.public,
        window_ms=(began_ms + round(WARM_UP_S * 1000), end_ms),
        budget_ms=example.twin.definition.sync.latency_budget_ms,
        killed_ms=killed_ms,
    )
    return Outcome(settled, killed, view.worker)


@asynccontextmanager
async def _gone_afterwards(twins: Twins, name: str) -> AsyncIterator[None]:
    """Deletes the twin at the end; what went wrong before is more important than whether that succeeds."""
    try:
        yield
    except BaseException:
        with suppress(HanzoTwinError, TwinError):
            await _delete(twins, name)
        raise
    await _delete(twins, name)


async def _delete(twins: Twins, name: str) -> None:
    for spec in await twins.directory.specs():
        if spec.name == name:
            await twins.delete(spec.twin)


async def first_prediction(model: LiveModel) -> None:
    """Wait until the twin predicts.

    Raises:
        NoAnswer: it doesn't in time.
    """
    deadline = time.monotonic() + FIRST_PREDICTION_S
    while model.view(time.time_ns()).predictions == 0:
        if time.monotonic() >= deadline:
            raise NoAnswer("sync-engine", "the twin runs, but publishes no prediction", FIRST_PREDICTION_S)
        await asyncio.sleep(0.05)
