"""A loss condemns those that it concerns, and nothing that has begun since."""

from sim_worker.adapters.witness import MarkWitness
from sim_worker.domain.keeping import Contradiction, Losses
from sim_worker.handlers.held import Held
from sim_worker.handlers.witness import Evidence, Examiner
from twin_common.archive.marks import NOWHERE, Mark, Marks
from twin_common.bus.types import TopicPartition

TP = TopicPartition("journal", 1)
LOST = Contradiction("it was seen", 1)


def test_a_noted_twin_is_condemned_until_it_is_in_an_incarnation_that_was_not_used_up():
    known = Evidence(10, Losses(None, {"a": LOST}))
    assert known.against("a", 1) == "it was seen"
    assert known.against("a", 2) is None
    assert known.against("b", 1) is None


def test_a_mark_that_is_not_accounted_for_condemns_every_twin():
    assert Evidence(10, Losses(LOST)).against("a", 7) == "it was seen"


async def test_a_mark_is_accounted_for_once_its_losses_are_noted(world):
    marks, witness = Marks(world.blobs), MarkWitness(world.bus, world.topics.journal, world.blobs)
    await marks.put(1, Mark(5, 99, "", incarnation=3))
    found = await witness.losses(1)
    assert (found.mark.above, found.twins) == (3, {})
    noted = Losses(None, {"a": LOST}, found.accounted)
    await witness.account(1, noted)
    assert await witness.losses(1) == noted
    await marks.put(
        1, Mark(5, 99, "", incarnation=3)
    )  # whoever accounted for it died before it was forgotten
    assert await witness.losses(1) == noted
    assert (await marks.newest(1)).offset == NOWHERE  # so it is forgotten by who finds it
    await witness.account(1, Losses(None, {}, noted.accounted))
    assert await witness.losses(1) == Losses()


async def test_a_second_loss_is_told_whatever_clock_its_mark_was_noted_by(world):
    marks, witness = Marks(world.blobs), MarkWitness(world.bus, world.topics.journal, world.blobs)
    await marks.put(1, Mark(5_000, 99, "", incarnation=1))
    found = await witness.losses(1)
    await witness.account(1, Losses(None, {"a": LOST}, found.accounted))
    await marks.put(1, Mark(4, 50, "", incarnation=2))
    again = await witness.losses(1)
    assert (again.mark.above, again.twins) == (2, {"a": LOST})


async def test_a_condemned_twin_without_any_state_is_noted_until_it_is_deleted(world):
    marks, witness = Marks(world.blobs), MarkWitness(world.bus, world.topics.journal, world.blobs)
    await marks.put(1, Mark(5, 99, "", incarnation=1))
    held = Held(TP, losses=await witness.losses(1), condemned={"a": LOST})
    examiner = Examiner(witness, witness)
    await examiner.settle(held, {"a", "b"})
    assert (await witness.losses(1)).twins == {"a": LOST}
    assert held.examined
    again = Held(
        TP, losses=await witness.losses(1)
    )  # whoever comes next, and finds no checkpoint of it either
    await examiner.settle(again, {"a", "b"})
    assert (await witness.losses(1)).twins == {"a": LOST}
    await examiner.settle(again, {"b"})
    assert await witness.losses(1) == Losses()
    assert not again.examined
