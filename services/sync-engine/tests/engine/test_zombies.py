"""A writer that doesn't know that it has been replaced writes nothing that counts and publishes nothing."""

import os
import signal
import subprocess
import sys
import uuid
from itertools import pairwise

import pytest

from twin_common.bus.types import TopicPartition
from twin_schemas.records import ObservationFrame, SourcesAcquired, TimeDiscontinuity
from twin_sim.journal import EpochFilter

TWIN = str(uuid.UUID(int=7))


class NoGroup:
    """Stands for a consumer whose group this process has lost sight of."""

    session_timeout_ms = 2500


def check_journal(journal) -> list[str]:
    """Epochs in order of force; ticks without a hole; everything of a replaced writer void."""
    epochs, writers, ticks = EpochFilter(), [], []
    for _, record in journal:
        if not epochs.admits(record):
            continue
        if isinstance(record, SourcesAcquired):
            writers.append(record.epoch.writer)
        elif isinstance(record, ObservationFrame):
            ticks.append(record.tick)
        elif isinstance(record, TimeDiscontinuity):
            ticks += range(record.first_tick, record.last_tick + 1)
    assert all(after == before + 1 for before, after in pairwise(ticks))
    return writers


async def test_of_two_that_believe_they_hold_a_partition_only_the_later_counts(world, device, until):
    async with world.engine(writer_id="one") as one, world.engine(writer_id="two") as two:
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec)
        await until(lambda: world.frames(TWIN))
        holder, other = (one, two) if one.partitions.twin(0, TWIN) else (two, one)
        session = holder.partitions.twin(0, TWIN).session
        wrongly = frozenset({TopicPartition(f"{world.prefix}.sim.commands", p) for p in (0, 1)})
        await other.partitions.on_assigned(NoGroup(), wrongly)

        async def fenced():
            return not session.owned

        await until(fenced)
        # The loser may still have records on their way, and gets a prediction to publish.
        count = len(await world.public("pendulum"))
        await holder.partitions.on_assigned(NoGroup(), frozenset())
        await world.predict(TWIN)

        async def published():
            return len(await world.public("pendulum")) > count

        await until(published)
        journal = await world.journal(TWIN)
        mine = other.partitions.twin(0, TWIN).session.epoch
    writers = check_journal(journal)
    assert writers[-1] == mine.writer
    epochs = EpochFilter()
    admitted = [record.epoch for _, record in journal if epochs.admits(record)]
    assert all(epoch == mine for epoch in admitted[admitted.index(mine) :])


async def test_an_engine_that_finds_itself_stalled_writes_and_publishes_nothing(world, until):
    async with world.engine() as engine:
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec)
        await until(lambda: world.frames(TWIN))
        before = engine.partitions.twin(0, TWIN).session
        engine.watch.limit(0)  # from now on every beat comes too late
        engine.watch.beat()
        assert not before.owned
        assert before.advance(2**62) == []
        engine.watch.limit(2500)

        async def again():
            held = engine.partitions.twin(0, TWIN)
            return held is not None and held.session.owned and held.session.epoch.counter == 2

        await until(again)
    assert len(check_journal(await world.journal(TWIN))) == 2


class Process:
    """A sync engine in a process of its own."""

    def __init__(self, world, brokers: str, name: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sync_engine.entrypoints.main"],
            env={
                **os.environ,
                "HANZO_TWIN_STREAM_BROKERS": brokers,
                "HANZO_TWIN_STREAM_TOPIC_PREFIX": world.prefix,
                "HANZO_TWIN_METRICS_PORT": "0",
                "HANZO_TWIN_SYNC_ENGINE_WRITER_ID": name,
                "HANZO_TWIN_SYNC_ENGINE_SESSION_TIMEOUT_MS": "1500",
            },
            stderr=subprocess.PIPE,
        )

    def send(self, signum: int) -> None:
        self._process.send_signal(signum)

    def end(self) -> tuple[int, str]:
        self._process.send_signal(signal.SIGCONT)
        self._process.terminate()
        try:
            _, said = self._process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            _, said = self._process.communicate()
        return self._process.returncode, said.decode()


@pytest.mark.timeout(120)
async def test_a_process_that_was_stopped_comes_back_as_nobody(kafka_world, kafka, until):
    world = kafka_world
    one = Process(world, kafka.brokers, "one")
    two = None
    try:
        spec = await world.specify(world.definition(), twin=TWIN)
        await world.incarnate(spec)
        await until(lambda: world.frames(TWIN), 60)
        two = Process(world, kafka.brokers, "two")

        async def written_by(name, least):
            writers = [f.epoch.writer for f in await world.frames(TWIN)]
            return len([w for w in writers if w.startswith(name)]) >= least

        one.send(signal.SIGSTOP)
        await until(lambda: written_by("two", 30), 60)
        one.send(signal.SIGCONT)
        marked = len(await world.frames(TWIN))

        async def more():
            return len(await world.frames(TWIN)) > marked + 60

        await until(more, 60)
    finally:
        ends = [process.end() for process in (one, two) if process is not None]
    check_journal(await world.journal(TWIN))
    for code, said in ends:
        assert code == 0, said
