"""A process that was silent, or cut off, for nearly as long as its session lasts."""

import pytest

from sync_engine.handlers.watch import StallWatch
from twin_common.bus.types import Membership
from twin_common.clock import ManualClock


class Member:
    """A member of a group, which says of it what it is told to."""

    session_timeout_ms = 2500

    def __init__(self, since_ns):
        self.membership = self.answer = Membership(since_ns, since_ns)
        self.asked = 0

    async def confirm(self):
        self.asked += 1
        self.membership = self.answer
        return self.answer


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def doubts():
    return []


@pytest.fixture
def member(clock):
    return Member(clock.monotonic_ns())


@pytest.fixture
def watch(clock, doubts, member):
    watch = StallWatch(clock, doubts.append)
    watch.follow(member)
    return watch


async def live(clock, watch, seconds):
    for _ in range(round(seconds * 10)):
        await clock.advance(0.1)
        assert watch.beat()


@pytest.mark.parametrize(("session_ms", "limit_ms"), [(400, 300), (2400, 2100), (10_000, 9500)])
async def test_a_silence_is_a_stall_a_heartbeat_before_the_session_ends(session_ms, limit_ms):
    clock, stalls = ManualClock(), []
    watch = StallWatch(clock, stalls.append)
    watch.limit(session_ms)
    await clock.advance((limit_ms - 1) / 1000)
    assert watch.beat()
    await clock.advance(limit_ms / 1000)
    assert not watch.beat()
    assert stalls == [f"this process stood still for {limit_ms / 1000:.1f} s"]


async def ours_since(watch, then_ns):
    await watch.ask()
    return watch.ours_since(then_ns)


async def test_the_group_is_asked_only_where_it_has_not_spoken_for_nearly_a_session(clock, watch, member):
    then_ns = clock.monotonic_ns()
    await live(clock, watch, 2.0)
    assert await ours_since(watch, then_ns) and member.asked == 0
    await live(clock, watch, 0.3)
    assert await ours_since(watch, then_ns) and member.asked == 1


async def test_what_waited_until_the_session_had_ended_is_ours_no_more(clock, watch, member, doubts):
    then_ns = clock.monotonic_ns()
    await live(clock, watch, 3.0)
    member.answer = None
    assert not await ours_since(watch, then_ns)
    assert not await ours_since(watch, then_ns)
    assert doubts == ["its session had ended"]


async def test_nothing_is_ours_between_two_sessions_and_what_was_refused_then_is_read_again(
    clock, watch, member, doubts
):
    member.membership = None
    assert not await ours_since(watch, clock.monotonic_ns())
    await live(clock, watch, 1.0)
    assert not await ours_since(watch, clock.monotonic_ns())
    member.membership = Membership(clock.monotonic_ns(), clock.monotonic_ns())
    watch.follow(member)
    assert doubts == ["its session had ended", "it is a member again"]
    assert await ours_since(watch, clock.monotonic_ns())
    assert len(doubts) == 2


async def test_who_comes_back_after_a_session_doubts_what_was_before_it(clock, watch, member, doubts):
    then_ns = clock.monotonic_ns()
    await live(clock, watch, 3.0)
    member.membership = Membership(clock.monotonic_ns(), clock.monotonic_ns())
    watch.follow(member)
    assert doubts == ["its session had ended"]
    assert not await ours_since(watch, then_ns)
    assert await ours_since(watch, clock.monotonic_ns())
    assert len(doubts) == 1


async def test_who_has_left_on_purpose_goes_on_until_others_have_acquired(clock, watch, member, doubts):
    then_ns = clock.monotonic_ns()
    watch.leave()
    watch.follow(member)  # by the last poll
    member.membership = member.answer = None
    await live(clock, watch, 3.0)
    assert await ours_since(watch, then_ns) and not doubts


async def test_who_leaves_while_no_broker_is_reached_may_have_been_replaced(clock, watch, member, doubts):
    then_ns = clock.monotonic_ns()
    await live(clock, watch, 3.0)
    watch.leave()
    assert doubts == ["it leaves while no broker was reached"]
    assert not await ours_since(watch, then_ns)
