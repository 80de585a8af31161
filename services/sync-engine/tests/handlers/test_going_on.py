"""Twins whose predictions waited for too long: nothing is published until their journals say that they are ours."""

import asyncio
from types import SimpleNamespace

import pytest

from sync_engine.domain.publication import NEVER, Publication
from sync_engine.handlers.going_on import GoingOn
from sync_engine.handlers.partition import Partition
from twin_common.clock import SystemClock
from twin_common.errors import BrokerUnreachable
from twin_schemas.records import Epoch

OURS, THEIRS = Epoch("one", 3), Epoch("two", 4)


class Surroundings:
    """Journals, the public topic and the follower, as far as they are asked."""

    def __init__(self, epoch: Epoch | None, newest=(1, 7)) -> None:
        self.epoch, self._newest = epoch, newest
        self.followed, self.end_, self.waited = [], 100, 0

    async def read(self, partition, specs):
        if self.epoch is None:
            raise BrokerUnreachable("no broker")
        return {twin: SimpleNamespace(tail=SimpleNamespace(epoch=self.epoch)) for twin in specs}, 0

    async def newest(self, names):
        return dict.fromkeys(names, (self._newest, SystemClock().now_ns() // 1_000_000))

    async def settled(self):
        self.waited += 1

    def follow_since(self, partition, time_ms):
        self.followed.append(time_ms)

    def end(self, partition):
        return self.end_

    def backlog(self, partition):
        return 0

    async def settle(self, partition: Partition):
        return await GoingOn(self, self, self, self, SystemClock()).settle(partition)

    async def catch_up(self, partition: Partition, twins):
        await GoingOn(self, self, self, self, SystemClock()).catch_up(partition, twins)


@pytest.fixture
async def partition():
    one = Partition(2)
    for twin in ("a", "b"):
        publication = Publication(twin, twin, (1, 9))
        tail = SimpleNamespace(incarnation=1)
        session = SimpleNamespace(
            spec=SimpleNamespace(twin=twin, name=twin),
            epoch=OURS,
            tail=tail,
            publication=publication,
            running=True,
        )
        one.twins[twin] = SimpleNamespace(session=session)
    one.twins["a"].session.publication.hold_back(SystemClock().now_ns())
    one.look_up(one.twins["a"])
    return one


def state(partition: Partition):
    return {
        twin: (h.session.publication.held_back_ns is not None, h.session.publication.newest)
        for twin, h in partition.twins.items()
    }


async def test_what_is_still_ours_goes_on_behind_what_is_public(partition):
    around = Surroundings(OURS)
    assert await around.settle(partition) == []
    assert state(partition) == {"a": (False, (1, 7)), "b": (False, (1, 9))}
    assert (len(around.followed), around.waited) == (1, 1)
    assert not partition.held_back
    assert await around.settle(partition) == []
    assert len(around.followed) == 1  # it is settled


async def test_what_somebody_else_has_taken_stays_back(partition):
    around = Surroundings(THEIRS)
    ((held, by),) = await around.settle(partition)
    assert (held, by) == (partition.twins["a"], THEIRS)
    assert state(partition)["a"] == (True, (1, 9))
    assert around.followed == []


async def test_what_nobody_can_read_stays_back_and_is_asked_again(partition, monkeypatch):
    monkeypatch.setattr("sync_engine.handlers.going_on._AGAIN_S", 0.01)
    partition.changed.clear()
    around = Surroundings(None)
    assert await around.settle(partition) == []
    assert state(partition)["a"] == (True, (1, 9))
    around.epoch = OURS
    while partition.held_back:
        await asyncio.wait_for(partition.changed.wait(), 10)
        partition.changed.clear()
        assert await around.settle(partition) == []
    assert state(partition)["a"] == (False, (1, 7))


async def test_what_is_asked_for_meanwhile_is_looked_up_again_but_not_at_once(partition, monkeypatch):
    monkeypatch.setattr("sync_engine.handlers.going_on._AGAIN_S", 0.05)
    around = Surroundings(OURS)
    newest = around.newest

    async def interrupted(names):
        assert all(partition.twins[twin].session.publication.held_back_ns for twin in names)
        around.newest = newest
        partition.look_up(partition.twins["a"])
        return await newest(names)

    around.newest = interrupted
    assert await around.settle(partition) == []
    assert state(partition)["a"] == (True, (1, 9))
    partition.changed.clear()
    assert await around.settle(partition) == []
    assert state(partition)["a"] == (True, (1, 9))
    await asyncio.wait_for(partition.changed.wait(), 10)
    assert await around.settle(partition) == []
    assert state(partition)["a"] == (False, (1, 7))


async def test_a_twin_of_which_everything_is_public_is_read_on_from_when_it_was_held_back(partition):
    around = Surroundings(OURS, (1, 9))
    publication = partition.twins["a"].session.publication
    publication.go_on((1, 9), 0)
    now_ms = SystemClock().now_ns() // 1_000_000
    publication.hold_back((now_ms - 1000) * 1_000_000)

    async def long_ago(names):
        return dict.fromkeys(names, ((1, 9), now_ms - 200_000))

    around.newest = long_ago
    assert await around.settle(partition) == []
    assert now_ms - 4000 < around.followed[0] <= now_ms - 1000


async def test_a_public_prediction_that_no_journal_can_have_led_to_silences_nobody(partition):
    around = Surroundings(OURS, (1, 2**62))
    assert await around.settle(partition) == []
    assert state(partition)["a"] == (False, (1, 9))


async def test_of_a_twin_read_anew_nothing_is_read_again_from_before_it_was_set_aside(partition):
    around, since_ns = Surroundings(OURS, newest=NEVER), SystemClock().now_ns()
    publication = partition.twins["b"].session.publication = Publication(
        "b", "b"
    )  # nothing of it was ever public
    publication.set_aside(since_ns)
    await around.catch_up(partition, {"b", "gone"})
    assert (publication.held_back_ns, publication.newest) == (None, NEVER)
    assert state(partition)["a"][0]  # nobody asked for that one
    (rewound_ms,) = around.followed
    assert rewound_ms >= since_ns // 1_000_000 - 2_000
    assert around.waited == 1


async def test_what_cannot_be_looked_up_for_it_is_left_to_the_settling(partition):
    around = Surroundings(OURS)
    around.newest = unreachable
    partition.held_back.clear()
    partition.changed.clear()
    partition.twins["b"].session.publication.set_aside(1)
    await around.catch_up(partition, {"b"})
    assert state(partition)["b"][0]
    assert partition.held_back == {"b"}
    assert partition.changed.is_set()


async def unreachable(names):
    raise BrokerUnreachable("no broker")
