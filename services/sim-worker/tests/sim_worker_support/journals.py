"""Plays the sync engine: the only writer of a twin's journal, on any bus."""

from collections.abc import Sequence
from dataclasses import replace

from sim_worker.topics import Topics
from twin_common.bus.api import Bus, Producer
from twin_common.bus.types import TopicPartition
from twin_schemas import codec
from twin_schemas.record import Record
from twin_schemas.records import (
    Epoch,
    Grid,
    IncarnationRequested,
    JointCommand,
    JointMode,
    JointTarget,
    ObservationFrame,
    ParametersApplied,
    Quality,
    Reading,
    Resumed,
    SetRate,
    SourcesAcquired,
    Stopped,
    TwinGenesis,
)
from twin_sim.journal import tick_time


class JournalWriter:
    """Writes one twin's journal and answers its requests for incarnations."""

    def __init__(
        self,
        bus: Bus,
        producer: Producer,
        topics: Topics,
        twin: str,
        partition: int,
        start_ns: int,
        rate: int = 30,
    ) -> None:
        self._bus, self._producer, self._topics = bus, producer, topics
        self.twin, self.partition = twin, partition
        self.epoch = Epoch(1, "writer-a")
        self.grid = Grid(0, start_ns, rate, 1)
        self.tick = -1
        self.incarnation = 0
        self.commands_offset = -1
        self.version = 0
        self._acquired = False
        self._granted: set[str] = set()

    async def write(self, record: Record) -> int:
        return await self.write_raw(codec.encode(record))

    async def write_raw(self, value: bytes | None) -> int:
        sent = await self._producer.send(
            self._topics.journal, value=value, key=self.twin.encode(), partition=self.partition
        )
        return sent.offset

    async def requests(self) -> list[IncarnationRequested | SetRate]:
        """Everything that workers asked of this twin so far."""
        async with await self._bus.reader() as reader:
            await reader.assign(TopicPartition(self._topics.commands, self.partition))
            records = [record async for record in reader.read_to_end()]
        mine = [r.value for r in records if r.key == self.twin.encode() and r.value is not None]
        return [codec.decode(value) for value in mine]  # type: ignore[misc]

    async def grant(self) -> bool:
        """Write the genesis that was asked for last, once."""
        wanted = [r for r in await self.requests() if isinstance(r, IncarnationRequested)]
        if not wanted or wanted[-1].request_id in self._granted:
            return False
        self._granted.add(wanted[-1].request_id)
        await self.begin(wanted[-1])
        return True

    async def begin(self, wanted: IncarnationRequested) -> int:
        if not self._acquired:
            await self.acquire(self.epoch)
        self.incarnation = max(self.incarnation, wanted.above) + 1
        self.grid = replace(self.grid, tick=self.tick + 1, time_ns=tick_time(self.grid, self.tick + 1))
        return await self.write(
            TwinGenesis(
                epoch=self.epoch,
                twin=self.twin,
                org=wanted.org,
                name=wanted.name,
                revision=wanted.revision,
                request_id=wanted.request_id,
                incarnation=self.incarnation,
                stamps=wanted.stamps,
                seed=wanted.seed,
                channels=wanted.channels,
                fold=wanted.fold,
                parent=wanted.parent,
                state_digest=wanted.state_digest,
                grid=self.grid,
                state=wanted.state,
                reason=wanted.reason,
            )
        )

    async def acquire(self, epoch: Epoch) -> int:
        self.epoch, self._acquired = epoch, True
        return await self.write(SourcesAcquired(epoch, self.tick, self.grid.time_ns, 0))

    def now(self) -> int:
        """Time of the newest tick, ns."""
        return tick_time(self.grid, self.tick)

    async def frame(self, readings: Sequence[tuple[int, float]] = ()) -> int:
        """The next frame; readings (channel, value) are of its tick."""
        self.tick += 1
        time_ns = tick_time(self.grid, self.tick)
        values = [Reading(channel, [value], time_ns, Quality.GOOD) for channel, value in readings]
        return await self.write(ObservationFrame(self.epoch, self.tick, values, self.commands_offset))

    async def post_frame(self, readings: Sequence[tuple[int, float]] = ()) -> None:
        """The next frame, without waiting for its acknowledgement."""
        self.tick += 1
        time_ns = tick_time(self.grid, self.tick)
        values = [Reading(channel, [value], time_ns, Quality.GOOD) for channel, value in readings]
        frame = ObservationFrame(self.epoch, self.tick, values, self.commands_offset)
        await self._producer.post(
            self._topics.journal, value=codec.encode(frame), key=self.twin.encode(), partition=self.partition
        )

    async def frames(self, count: int) -> int:
        """So many frames with a position that oscillates a little; returns the last offset."""
        offset = -1
        for _ in range(count):
            offset = await self.frame([(0, 0.01 * ((self.tick * 7) % 11 - 5))])
        return offset

    async def push(self, force: float, joint: str = "/Rail", command: str = "push") -> int:
        self.commands_offset += 1
        target = JointTarget(joint, JointMode.EFFORT, force)
        return await self.write(JointCommand(self.epoch, command, self.commands_offset, [target]))

    async def mass(self, mass: float) -> int:
        self.commands_offset += 1
        self.version += 1
        return await self.write(
            ParametersApplied(
                self.epoch,
                f"mass-{self.version}",
                self.commands_offset,
                self.version,
                "m",
                {"/Cart.mass": mass},
            )
        )

    async def stop(self) -> int:
        return await self.write(Stopped(self.epoch, self.tick, "asked"))

    async def resume(self) -> int:
        self.grid = replace(self.grid, tick=self.tick + 1, time_ns=tick_time(self.grid, self.tick + 1))
        return await self.write(Resumed(self.epoch, self.grid))
