"""The relay: everything committed is delivered, in order within a lane, whatever fails on the way."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator

from scene_manager.adapters.encoding import Encoder
from scene_manager.adapters.relay import Failure, Relay
from scene_manager.domain.cause import Cause
from scene_manager.domain.facts import changed
from scene_manager.domain.outbox import Draft
from scene_manager.domain.ports import Transaction
from scene_manager.testing import samples as sample
from scene_manager.testing.samples import ID, MADE, OTHER, World
from twin_common.clock import SystemClock


class Receiver:
    """Takes deliveries; fails or waits where told to."""

    def __init__(self) -> None:
        self.got: list[tuple[str, int]] = []
        self.broken: defaultdict[tuple[str, int], int] = defaultdict(int)
        self.held: dict[str, asyncio.Event] = {}
        self.failures: list[Failure] = []

    async def deliver(self, draft: Draft) -> None:
        """Take one, or fail as often as was asked for."""
        which = (draft.lane, ord(draft.value or b"?"))
        if draft.lane in self.held:
            await self.held[draft.lane].wait()
        if self.broken[which]:
            self.broken[which] -= 1
            raise ConnectionError("not now")
        self.got.append(which)

    def of(self, lane: str) -> list[int]:
        """What came of one lane."""
        return [number for name, number in self.got if name == lane]


async def emit(world: World, *drafts: Draft) -> None:
    async def decide(tx: Transaction) -> None:
        await tx.emit(drafts)

    await world.work.apply(decide)


@contextlib.asynccontextmanager
async def relaying(world: World, receiver: Receiver) -> AsyncIterator[Relay]:
    relay = Relay(
        world.outbox,
        receiver.deliver,
        wake=asyncio.Event(),
        poll_s=0.01,
        on_failure=receiver.failures.append,
    )
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(receiver: Receiver, count: int) -> None:
    async with asyncio.timeout(20):
        while len(receiver.got) < count:  # noqa: ASYNC110 - the receiver is polled
            await asyncio.sleep(0.01)


async def waiting(world: World) -> int:
    async with world.outbox.lead() as backlog:
        return len(await backlog.due(1000, ()))


async def test_what_was_committed_before_and_after_the_start_is_delivered_in_order(world: World) -> None:
    receiver = Receiver()
    await emit(world, *(sample.draft("a", n) for n in range(20)))
    async with relaying(world, receiver):
        await until(receiver, 20)
        await emit(world, *(sample.draft("a", n) for n in range(20, 40)))
        await until(receiver, 40)
    assert receiver.of("a") == list(range(40))


async def test_a_delivery_that_fails_is_repeated_before_the_next_of_its_lane(world: World) -> None:
    receiver = Receiver()
    receiver.broken["a", 1] = 2
    await emit(world, *(sample.draft("a", n) for n in range(3)))
    async with relaying(world, receiver):
        await until(receiver, 3)
    assert receiver.of("a") == [0, 1, 2]
    assert [failure.entry.draft.value for failure in receiver.failures] == [b"\1", b"\1"]


async def test_a_lane_that_hangs_holds_no_other_up(world: World) -> None:
    receiver = Receiver()
    receiver.held["a"] = asyncio.Event()
    await emit(world, sample.draft("a", 0), sample.draft("b", 0), sample.draft("a", 1))
    async with relaying(world, receiver):
        await until(receiver, 1)
        await emit(world, sample.draft("b", 1))
        await until(receiver, 2)
        assert receiver.got == [("b", 0), ("b", 1)]
        receiver.held.pop("a").set()
        await until(receiver, 4)
    assert receiver.of("a") == [0, 1]


async def test_nothing_delivered_is_delivered_again_by_the_next_relay(world: World) -> None:
    receiver = Receiver()
    await emit(world, *(sample.draft("a", n) for n in range(5)))
    async with relaying(world, receiver):
        await until(receiver, 5)
        async with asyncio.timeout(20):
            while await _left(world):  # noqa: ASYNC110 - the database is polled
                await asyncio.sleep(0.01)
    async with relaying(world, receiver):
        await emit(world, sample.draft("a", 5))
        await until(receiver, 6)
    assert receiver.of("a") == list(range(6))


async def _left(world: World) -> bool:
    """Whether anything still waits, asked beside the relay that leads."""
    if hasattr(world.outbox, "_store"):
        return bool(world.outbox._store.tables.waiting)
    import asyncpg

    connection = await asyncpg.connect(world.outbox._url)  # type: ignore[attr-defined]
    try:
        return bool(await connection.fetchval("SELECT count(*) FROM outbox WHERE sent_at IS NULL"))
    finally:
        await connection.close()


async def test_what_a_stopped_relay_left_is_delivered_by_the_next(world: World) -> None:
    receiver = Receiver()
    receiver.held["a"] = asyncio.Event()
    await emit(world, sample.draft("a", 0), sample.draft("b", 0))
    async with relaying(world, receiver):
        await until(receiver, 1)
    assert receiver.got == [("b", 0)]
    del receiver.held["a"]
    async with relaying(world, receiver):
        await until(receiver, 2)
    assert ("a", 0) in receiver.got


async def test_a_deleted_twins_name_is_free_before_its_status_ends(world: World) -> None:
    twin, encode = sample.twin(), Encoder(SystemClock())
    deleted = twin.delete(MADE)
    taken: list[str] = []

    async def delete(tx: Transaction) -> None:
        await tx.twins.add(deleted)
        await tx.emit([encode(effect, Cause("local", "me"), None) for effect in changed(twin, deleted)])

    async def create_again(tx: Transaction) -> None:
        await tx.twins.add(sample.twin(OTHER))

    class Reader(Receiver):
        async def deliver(self, draft: Draft) -> None:
            """The one who waits for the status to end creates the next twin of that name."""
            if draft.key == f"{ID}/control":
                assert draft.value is None
                await world.work.apply(create_again)
                taken.append(draft.key)
            self.got.append((draft.lane, 0))

    receiver = Reader()
    await world.work.apply(delete)
    async with relaying(world, receiver):
        await until(receiver, 5)
    assert not receiver.failures
    assert taken == [f"{ID}/control"]
