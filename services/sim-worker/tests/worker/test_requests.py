"""What a worker answers to those who ask after its twins."""

from dataclasses import replace

import pytest
from sim_worker_support.asking import Asker
from sim_worker_support.world import until

from twin_common.testing.issuer import InMemoryIssuer
from twin_schemas.records import RequestRefused, TwinState
from twin_sim.fold import Fold
from twin_sim.testing.cart import open_cart


@pytest.fixture
def asker(world):
    return Asker(world)


async def test_the_state_of_a_running_twin_is_that_of_one_journal_offset(world, asker):
    await world.work()
    spec, journal = await world.started()
    await journal.push(1.5)
    await journal.mass(4.0)
    offset = await journal.frames(6)
    await world.folded(spec, offset)
    state = await asker.answer(spec)

    fold = Fold(open_cart)
    for record in await world.journal_of(spec):
        fold.take(*record)
    assert isinstance(state, TwinState)
    assert (state.offset, state.tick, state.digest) == (offset, 5, fold.digest())
    assert (state.revision, state.incarnation, state.parameter_version) == (1, 1, 1)
    assert state.parameters == {"/Cart.mass": 4.0}
    assert state.time_ns == journal.now()
    assert state.values["/Rail.position"] == [fold.state.ring.last[0]]
    assert set(state.values) >= {"/Rail.position", "/Rail.velocity"}


async def test_held_inputs_are_told(world, asker):
    await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frame([(2, 0.75)]))
    await world.folded(spec, await journal.frame())
    state = await asker.answer(spec)
    assert state.inputs == {"/Rail.effort": [0.75]}
    assert state.values["/Rail.effort"] == [0.75]


async def test_a_stopped_twin_has_no_state_to_tell(world, asker):
    await world.work()
    spec, journal = await world.started()
    await journal.frames(2)
    offset = await journal.stop()
    await world.covered(spec, offset)
    refused = await asker.answer(spec)
    assert (refused.request, refused.code) == ("GetState", "not_running")
    assert "start it" in refused.message


async def test_a_twin_that_never_ran_is_not_running(world, asker):
    await world.work()
    spec = await world.specify()
    assert (await asker.answer(spec)).code == "not_running"


async def test_another_organisations_twin_does_not_exist(world, asker):
    await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(2))
    foreign = await asker.answer(spec, org="other")
    nowhere = await asker.answer(replace(spec, twin="0190a1b2-0000-7000-8000-00000000dead"))
    assert (foreign.code, nowhere.code) == ("not_found", "not_found")
    assert foreign.message.replace(spec.twin, "") == nowhere.message.replace(nowhere.message.split()[-1], "")


async def test_only_those_who_may_read_the_twin_are_answered(world):
    issuer = InMemoryIssuer()
    world.guard = issuer.guard()
    await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(2))

    async def code(token):
        answer = await Asker(world, token).answer(spec)
        return answer.code if isinstance(answer, RequestRefused) else "answered"

    assert await code(issuer.token(role="twin-viewer")) == "answered"
    assert await code(issuer.token(org="other")) == "not_found"
    assert await code(issuer.token(role="twin-admin", now_s=0, ttl_s=10)) != "answered"
    assert await code("nonsense") != "answered"
    assert await code(None) != "answered"


async def test_a_request_without_a_place_for_the_answer_or_of_long_ago_is_let_be(world, asker):
    await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(2))
    nobody_reads = await asker.ask(spec, reply_to=None)
    off_the_topic = await asker.ask(spec, reply_to=999)
    assert isinstance(await asker.answer(spec), TwinState)  # asked later, answered: the others were passed by
    assert await asker.answers(nobody_reads) == []
    assert await asker.answers(off_the_topic) == []


async def test_the_worker_that_takes_over_answers_what_was_asked_before(world, asker):
    spec = await world.specify()
    asked = await asker.ask(spec)
    await world.work()
    (refused,) = await until(lambda: asker.answers(asked))
    assert refused.code == "not_running"


async def test_an_asker_of_long_ago_gets_no_answer(world, asker):
    worker = await world.work()
    spec, journal = await world.started()
    await world.folded(spec, await journal.frames(2))
    asked = await asker.ask(spec)
    await until(lambda: asker.answers(asked))
    (record,) = await world.read(world.topics.requests, spec.partition)
    long_ago = replace(record, timestamp_ms=record.timestamp_ms - 31_000)
    await worker._answers.on_record(long_ago)
    await asker.answer(spec)
    assert len(await asker.answers(asked)) == 1


async def test_a_request_for_an_incarnation_carries_the_workers_own_token(world):
    from twin_common.bus.envelope import Envelope
    from twin_common.identity import FixedToken

    world.tokens = FixedToken("worker.own.token")
    await world.work()
    spec = await world.specify()
    journal = world.journal(spec)
    await until(journal.requests)
    record = (await world.read(world.topics.commands, spec.partition))[0]
    envelope = Envelope.parse(record.headers)
    assert (envelope.token, envelope.actor, envelope.org) == ("worker.own.token", "sim-worker", "local")
