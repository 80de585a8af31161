"""Neither an error in place of a group's progress nor fetching that has ended is taken for a quiet topic."""

import asyncio

import pytest
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import GroupCoordinatorNotAvailableError, GroupLoadInProgressError
from aiokafka.protocol.commit import OffsetFetchResponse_v3
from aiokafka.structs import TopicPartition as KafkaPartition

from twin_common.bus.kafka.progress import FetchingEnded, believe_no_error
from twin_common.bus.types import Start, Subscription
from twin_common.testing.bus_steps import make

PARTITION = KafkaPartition("t", 0)


class Answered:
    """The part of a coordinator that asks for progress, and is answered as told."""

    group_id = "g"
    _do_fetch_commit_offsets = GroupCoordinator._do_fetch_commit_offsets

    def __init__(self, topics, error_code) -> None:
        self.answer, self.dead = OffsetFetchResponse_v3(0, topics, error_code), 0

    async def _send_req(self, request):
        return self.answer

    def coordinator_dead(self) -> None:
        self.dead += 1


@pytest.mark.parametrize(
    ("code", "error", "dead"), [(14, GroupLoadInProgressError, 0), (15, GroupCoordinatorNotAvailableError, 1)]
)
async def test_an_error_in_place_of_progress_is_raised(code, error, dead):
    coordinator = Answered([], code)
    assert await coordinator._do_fetch_commit_offsets([PARTITION]) == {}, "aiokafka looks at it itself by now"
    believe_no_error(coordinator)
    with pytest.raises(error):
        await coordinator._do_fetch_commit_offsets([PARTITION])
    assert coordinator.dead == dead


async def test_progress_is_progress():
    coordinator = Answered([("t", [(0, 7, "mark", 0)])], 0)
    believe_no_error(coordinator)
    assert (await coordinator._do_fetch_commit_offsets([PARTITION]))[PARTITION].offset == 7


async def test_members_and_readers_say_that_fetching_has_ended(kafka_bus, topic_prefix):
    topic = await make(kafka_bus, f"{topic_prefix}.t", 1)
    wanted = Subscription((topic,), f"{topic_prefix}.g", instance_id="one", start=Start.EARLIEST)
    async with await kafka_bus.consumer(wanted) as consumer, await kafka_bus.reader() as reader:
        await reader.assign(*await reader.partitions(topic))
        for read in (lambda: consumer.poll(timeout=0.2), lambda: reader.poll(timeout=0.2)):
            assert await read() == []
        for client in (consumer, reader):
            client._kafka._fetcher._fetch_task.cancel()
        await asyncio.sleep(0.1)
        for read in (lambda: consumer.poll(timeout=0.2), lambda: reader.poll(timeout=0.2)):
            with pytest.raises(FetchingEnded):
                await read()
