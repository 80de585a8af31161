"""What every unit of work promises, in memory and in PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from scene_manager.domain.cause import Note
from scene_manager.domain.outbox import Draft
from scene_manager.domain.ports import Transaction
from scene_manager.domain.report import Condition, Report
from scene_manager.domain.revision import Pending
from scene_manager.domain.scene import Version
from scene_manager.domain.twin import Twin
from scene_manager.errors import NameUnavailable, Refused, RevisionConflict, SceneNotFound, TwinNotFound
from scene_manager.testing import samples as sample
from scene_manager.testing.samples import ID, MADE, OTHER, World, no_conflict
from twin_schemas.records.sim_phase import SimPhase

OTHER_DEFINITION = '{"engine":{"type":"mujoco"},"name":"pendulum","tags":["ü"]}'


class Broken(Exception):
    """Something that goes wrong in the middle of a transaction."""


async def keep(world: World, *twins: Twin) -> None:
    async def decide(tx: Transaction) -> None:
        for twin in twins:
            await tx.twins.add(twin)

    await world.work.apply(decide)


async def find(world: World, twin_id: str = ID) -> Twin | None:
    found: list[Twin | None] = []

    async def decide(tx: Transaction) -> None:
        found.append(await tx.twins.find(twin_id))

    await world.work.apply(decide)
    return found[0]


async def waiting(world: World) -> list[int]:
    async with world.outbox.lead() as backlog:
        return [ord(entry.draft.value or b"?") for entry in await backlog.due(100, ())]


async def test_a_twin_is_read_back_as_it_was_kept(world: World) -> None:
    started = sample.twin().start(MADE)
    pending = Pending(OTHER_DEFINITION, replace(started.scene, version=2), ("scene.version", "sync.rate_hz"))
    revised = started.revise(OTHER_DEFINITION, started.scene, pending, replace(MADE, reason="ü"))
    report = Report(
        SimPhase.FAILED, started.revision, 7, "scene", "ü", (Condition("stale", 5, "ü"),), at_ns=9, taken_ms=8
    )
    failed = revised.observe(report)
    await keep(world, failed)
    assert await find(world) == failed


async def test_a_message_is_handled_once_and_a_repeat_has_its_answer_sent_again(world: World) -> None:
    calls = 0

    async def decide(tx: Transaction) -> None:
        nonlocal calls
        calls += 1
        await tx.emit([sample.draft("a", 1, answers=Note("m1").key), sample.draft("a", 2)])

    assert await world.work.once(Note("m1"), decide, no_conflict)
    async with world.outbox.lead() as backlog:
        sent = await backlog.due(100, ())
        await backlog.done(sent)
    assert not await world.work.once(Note("m1"), decide, no_conflict)
    async with world.outbox.lead() as backlog:
        assert await backlog.due(100, ()) == [sent[0]]
    assert calls == 1


async def test_the_same_message_at_the_same_time_is_handled_once(world: World) -> None:
    async def decide(tx: Transaction) -> None:
        await asyncio.sleep(0.01)
        await tx.emit([sample.draft("a", 1)])

    first = await asyncio.gather(*(world.work.once(Note("m1"), decide, no_conflict) for _ in range(4)))
    assert sorted(first) == [False, False, False, True]
    assert await waiting(world) == [1]


async def test_a_failed_transaction_leaves_no_twin_no_note_and_nothing_to_send(world: World) -> None:
    async def broken(tx: Transaction) -> None:
        await tx.twins.add(sample.twin())
        await tx.emit([sample.draft("a", 1)])
        raise Broken

    with pytest.raises(Broken):
        await world.work.once(Note("m1"), broken, no_conflict)
    assert await find(world) is None
    assert await waiting(world) == []

    async def fine(tx: Transaction) -> None:
        await tx.emit([sample.draft("a", 2)])

    assert await world.work.once(Note("m1"), fine, no_conflict)
    assert await waiting(world) == [2]


async def test_a_failed_attempt_is_undone_and_the_rest_is_kept(world: World) -> None:
    async def decide(tx: Transaction) -> None:
        try:
            async with tx.attempt():
                await tx.twins.add(sample.twin())
                await tx.emit([sample.draft("a", 1)])
                raise Broken
        except Broken:
            await tx.emit([sample.draft("a", 2)])

    await world.work.once(Note("m1"), decide, no_conflict)
    assert await find(world) is None
    assert await waiting(world) == [2]


@pytest.mark.parametrize("ref", [ID, ID.upper(), "pendulum", "twin-pendulum"])
async def test_a_twin_is_found_by_uuid_name_and_alias(world: World, ref: str) -> None:
    await keep(world, sample.twin(), sample.twin(OTHER, name="other"))

    async def decide(tx: Transaction) -> None:
        assert (await tx.twins.get("local", ref)).id == ID

    await world.work.apply(decide)


@pytest.mark.parametrize("ref", [ID, "pendulum", "twin-pendulum", OTHER, "nobody", ""])
async def test_another_organisations_twin_is_not_found(world: World, ref: str) -> None:
    await keep(world, sample.twin(org="theirs"))

    async def decide(tx: Transaction) -> None:
        with pytest.raises(TwinNotFound):
            await tx.twins.get("local", ref)

    await world.work.apply(decide)


async def test_a_name_is_unique_across_organisations(world: World) -> None:
    await keep(world, sample.twin(org="theirs"))
    with pytest.raises(NameUnavailable):
        await keep(world, sample.twin(OTHER))


async def test_a_uuid_is_given_once(world: World) -> None:
    await keep(world, sample.twin())
    with pytest.raises(Refused) as refused:
        await keep(world, sample.twin(name="other"))
    assert refused.value.code == "id_unavailable"


async def test_a_twin_changed_by_somebody_else_is_not_overwritten(world: World) -> None:
    await keep(world, sample.twin())
    started = sample.twin().start(MADE)

    async def decide(tx: Transaction) -> None:
        await tx.twins.save(started, expected_revision=1)
        with pytest.raises(RevisionConflict):
            await tx.twins.save(started.stop(MADE), expected_revision=1)

    await world.work.apply(decide)
    assert await find(world) == started


async def test_a_report_is_kept_without_a_new_revision(world: World) -> None:
    started = sample.twin().start(MADE)
    await keep(world, started)
    running = started.observe(Report(SimPhase.RUNNING, started.revision, 9))

    async def decide(tx: Transaction) -> None:
        await tx.twins.save(running, expected_revision=started.revision)

    await world.work.apply(decide)
    assert await find(world) == running


async def test_load_counts_the_twins_that_are_not_deleted(world: World) -> None:
    gone = replace(sample.twin("0199aaaa-0000-7000-8000-000000000003", name="gone"), org="theirs").delete(
        MADE
    )
    await keep(world, sample.twin(), sample.twin(OTHER, name="other"), gone)

    async def decide(tx: Transaction) -> None:
        assert dict(await tx.twins.load("default")) == {3: 2}
        assert dict(await tx.twins.load("other")) == {}

    await world.work.apply(decide)


async def test_the_same_digest_again_is_the_same_version(world: World) -> None:
    async def decide(tx: Transaction) -> None:
        made: list[tuple[Version, bool]] = []
        for digest in ("aa", "bb", "aa"):
            file = sample.scene_file(digest * 32, note=f"try {len(made)}")
            made.append(await tx.scenes.register("local", "s", file, scene_id=ID, created_ns=1, actor="me"))
        assert [(version.number, new) for version, new in made] == [(1, True), (2, True), (1, False)]
        assert made[0][0] == made[2][0]
        assert (await tx.scenes.pin("local", "s", None)).version == 2
        assert (await tx.scenes.pin("local", "s", 1)).digest == "aa" * 32
        for org, name, version in (("local", "s", 3), ("theirs", "s", 1), ("local", "t", None)):
            with pytest.raises(SceneNotFound):
                await tx.scenes.pin(org, name, version)

    await world.work.apply(decide)


async def test_scenes_of_two_organisations_may_share_a_name(world: World) -> None:
    async def decide(tx: Transaction) -> None:
        file = sample.scene_file()
        for org, scene in (("local", ID), ("theirs", OTHER)):
            version, new = await tx.scenes.register(org, "s", file, scene_id=scene, created_ns=1, actor="me")
            assert (version.scene, version.number, new) == (scene, 1, True)

    await world.work.apply(decide)


async def test_registrations_at_once_are_numbered_without_a_gap(world: World) -> None:
    numbers: list[int] = []

    async def register(digest: str) -> None:
        async def decide(tx: Transaction) -> None:
            file = sample.scene_file(digest)
            version, _ = await tx.scenes.register("local", "s", file, scene_id=ID, created_ns=1, actor="me")
            numbers.append(version.number)

        await world.work.apply(decide)

    await asyncio.gather(*(register(f"{n:064x}") for n in range(8)))
    assert sorted(numbers) == list(range(1, 9))


async def test_a_handled_message_is_known(world: World) -> None:
    async def decide(tx: Transaction) -> None:
        return None

    assert not await world.work.known(Note("m1"))
    await world.work.once(Note("m1"), decide, no_conflict)
    assert await world.work.known(Note("m1"))
    assert not await world.work.known(Note("m2"))


@pytest.mark.parametrize(
    ("first", "again", "conflicts"),
    [
        (Note("m", "ours", "d1"), Note("m", "ours", "d1"), False),
        (Note("m", "ours", None), Note("m", "ours", "d1"), False),
        (Note("m", "ours", "d1"), Note("m", "ours", None), False),
        (Note("m", "ours", "d1"), Note("m", "ours", "d2"), True),
    ],
)
async def test_another_message_under_a_noted_id_is_told_so(
    world: World, first: Note, again: Note, conflicts: bool
) -> None:
    async def decide(tx: Transaction) -> None:
        await tx.emit([sample.draft("a", 1, answers=first.key)])

    def conflict() -> list[Draft]:
        return [sample.draft("a", 9)]

    async with world.outbox.lead() as backlog:
        await world.work.once(first, decide, conflict)
        await backlog.done(await backlog.due(100, ()))
        assert not await world.work.once(again, decide, conflict)
        sent = await backlog.due(100, ())
    assert [entry.draft.value for entry in sent] == [b"\x09" if conflicts else b"\x01"]


@pytest.mark.parametrize("other", [Note("m", "theirs", "d"), Note("m", "theirs", None), Note("m", "", "d")])
async def test_an_id_that_another_organisation_has_used_is_free(world: World, other: Note) -> None:
    own = Note("m", "ours", "d")

    async def theirs(tx: Transaction) -> None:
        await tx.emit([sample.draft("a", 1, answers=other.key)])

    async def ours(tx: Transaction) -> None:
        await tx.emit([sample.draft("a", 2, answers=own.key)])

    async with world.outbox.lead() as backlog:
        assert await world.work.once(other, theirs, no_conflict)
        assert not await world.work.known(own)
        assert await world.work.once(own, ours, no_conflict)
        await backlog.done(await backlog.due(100, ()))
        assert not await world.work.once(replace(own), ours, no_conflict)
        sent = await backlog.due(100, ())
    assert [entry.draft.value for entry in sent] == [b"\x02"], "nobody is given another's answer"


async def test_a_repeat_is_answered_on_its_own_partition_as_the_first_one_was(world: World) -> None:
    noted = Note("m").key
    reply = sample.draft("a", 2, answers=noted).reply(key="request-1", partition=3)

    async def decide(tx: Transaction) -> None:
        await tx.emit([sample.draft("a", 1, answers=noted), reply])

    async with world.outbox.lead() as backlog:
        await world.work.once(Note("m", reply_to=3), decide, no_conflict)
        await backlog.done(await backlog.due(100, ()))
        await world.work.once(Note("m", reply_to=5, correlation_id="request-2"), decide, no_conflict)
        fact, copy = [entry.draft for entry in await backlog.due(100, ())]
    assert fact == sample.draft("a", 1, answers=noted)
    assert copy == replace(reply, key="request-2", partition=5, answers=None)


async def test_twins_are_counted_by_organisation_and_engine(world: World) -> None:
    third = "0199aaaa-0000-7000-8000-000000000003"
    gone = "0199aaaa-0000-7000-8000-000000000004"
    await keep(
        world,
        sample.twin().start(MADE),
        sample.twin(OTHER, name="other"),
        sample.twin(third, org="theirs", name="third").start(MADE),
        sample.twin(gone, name="gone").start(MADE).delete(MADE),
    )

    async def decide(tx: Transaction) -> None:
        assert [await tx.twins.kept(org) for org in ("local", "theirs", "nobody")] == [2, 1, 0]
        assert [await tx.twins.running(org) for org in ("local", "theirs", "nobody")] == [1, 1, 0]
        assert [await tx.twins.simulated(engine) for engine in ("mujoco", "gazebo")] == [2, 0]

    await world.work.apply(decide)


async def test_a_scene_is_pinned_by_what_runs_and_by_what_waits(world: World) -> None:
    running = sample.twin(OTHER, name="other").start(MADE)
    pending = Pending(running.definition, replace(running.scene, version=2), ("scene.version",))
    waiting = running.revise(running.definition, running.scene, pending, MADE)
    gone = sample.twin("0199aaaa-0000-7000-8000-000000000003", name="gone").delete(MADE)
    await keep(world, sample.twin(), waiting, gone)

    async def decide(tx: Transaction) -> None:
        pinning = tx.twins.pinning
        assert await pinning("local", "pendulum", None) == ["other", "pendulum"]
        assert await pinning("local", "pendulum", 1) == ["other", "pendulum"]
        assert await pinning("local", "pendulum", 2) == ["other"]
        assert await pinning("local", "pendulum", 3) == []
        assert await pinning("theirs", "pendulum", None) == []

    await world.work.apply(decide)
