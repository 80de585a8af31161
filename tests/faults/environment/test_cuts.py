"""Who is cut off alone says what that excuses."""

from types import SimpleNamespace

import pytest
from faulting.environment import cuts


class Network:
    def of(self, part, process=None):
        return [part]

    async def fail(self, links, mode, **options):
        pass

    async def heal(self):
        return {}


class Dice:
    def __init__(self, victim):
        self.choice = lambda among: next(each for each in among if each.startswith(victim))
        self.uniform = lambda low, high: 0.0


async def cut(victim, part="kafka"):
    stage = SimpleNamespace(tool=lambda kind: Network(), held_by=lambda process: frozenset({process}))
    return await cuts.fail(stage, Dice(victim), part=part, mode="cut", alone=bool(victim))


async def test_a_sync_engine_writes_the_journals_of_its_own_twins_only():
    struck = await cut("sync-engine")
    assert struck.excuses(struck.began_ns, struck.ended_ns, "sync-engine")
    assert not struck.excuses(struck.began_ns, struck.ended_ns, "sync-engine-1")


@pytest.mark.parametrize("victim", ["sim-worker", "api-gateway"])
async def test_others_write_none(victim):
    struck = await cut(victim)
    assert not struck.excuses(struck.began_ns, struck.ended_ns, next(iter(struck.twins)))


async def test_a_broker_that_nobody_reaches_concerns_all():
    struck = await cut("")
    assert struck.excuses(struck.began_ns, struck.ended_ns, "any")
