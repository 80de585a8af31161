"""A past moment is reached from the nearest state that is kept, to the last bit, whatever the broker has removed."""

from hashlib import sha256
from types import SimpleNamespace

import pytest

from hanzo_twin.audit.entries import PredictionEntry
from hanzo_twin.bus.streams import Streams
from hanzo_twin.bus.topics import Topics
from hanzo_twin.errors import MomentUnknown, NoSuchMoment
from hanzo_twin.replay import source, state, verify
from hanzo_twin.replay.moment import Moment
from hanzo_twin.replay.source import gather
from hanzo_twin.replay.state import past_state
from twin_common.archive.ranges import pack
from twin_common.archive.sealed import FOLDER, key_of
from twin_common.blobs import KEYFRAMES, MemoryBlobs, digest_of
from twin_common.bus.topics import create_topics
from twin_common.errors import BeyondRetention
from twin_schemas import codec, examples
from twin_schemas.catalogue import catalogue, topic
from twin_schemas.records import JournalSealed, KeyframeTaken, PredictionFrame
from twin_sim.fold import Fold
from twin_sim.testing.cart import open_cart
from twin_sim.testing.journals import JournalBuilder

SPEC = examples.load("TwinSpec")["full"]
LENGTH = 41


class Past:
    """A twin that has run, and what its worker has said; every tenth state is a keyframe."""

    def __init__(self, bus, producer):
        self.bus, self.producer, self.blobs = bus, producer, MemoryBlobs()
        topics = Topics("hanzo.twin")
        self.twins = SimpleNamespace(bus=bus, topics=topics, streams=Streams(bus, topics))
        self.digests, self.records = {}, []

    async def send(self, name, key, record):
        await self.producer.send(
            topic(name).physical(), key=key, value=codec.encode(record), partition=SPEC.partition
        )

    async def live(self):
        builder, fold = JournalBuilder().begin(), Fold(open_cart)
        builder.push(2.0)
        builder.frames(LENGTH - 3)
        for offset, record in builder:
            await self.send("sim.journal", SPEC.twin.encode(), record)
            for said in fold.take(offset, record):
                if isinstance(said, PredictionFrame):
                    await self.send("sim.predictions", SPEC.twin.encode(), said)
            if fold.state is not None:
                self.digests[offset] = fold.digest()
                if offset % 10 == 0:
                    await self.keep(fold.snapshot())

    async def keep(self, snapshot):
        encoded = codec.encode(snapshot)
        digest = await self.blobs.within(SPEC.twin).within(KEYFRAMES).put(encoded)
        said = KeyframeTaken(
            SPEC.org, SPEC.twin, snapshot.genesis.incarnation, snapshot.offset, snapshot.tick, snapshot.time_ns,
            digest, len(encoded),
        )  # fmt: skip
        assert digest == sha256(encoded).hexdigest() == self.digests[snapshot.offset]
        await self.send("sim.keyframes", SPEC.twin.encode(), said)

    async def seal(self, first, last):
        name = topic("sim.journal").physical()
        whole = [
            r for r in self.bus.records(name) if r.partition == SPEC.partition and first <= r.offset <= last
        ]
        blob = pack(whole)
        await self.blobs.within(FOLDER).put(blob)
        said = JournalSealed(
            SPEC.partition, first, last, len(whole), whole[0].timestamp_ms, whole[-1].timestamp_ms, digest_of(blob),
            len(blob), "0" * 64, [SPEC.twin], 0,
        )  # fmt: skip
        await self.send("sim.sealed", key_of(said), said)

    async def at(self, moment):
        return await past_state(self.twins, SPEC, self.blobs, self.blobs, Moment.parse(str(moment)))

    async def verified(self, since=None):
        moment = Moment.parse(str(since)) if since is not None else None
        found = await gather(self.twins, SPEC, self.blobs, self.blobs, moment)
        return verify(
            found.journal, found.predictions, found.checkpoints, open_cart, found.unreadable, found.start
        )


@pytest.fixture
async def past(memory_bus, monkeypatch):
    async def carts(_geneses, _scenes):
        return open_cart

    monkeypatch.setattr(source, "opener_for", carts)
    monkeypatch.setattr(state, "opener_for", carts)
    async with await memory_bus.admin() as admin, await memory_bus.producer() as producer:
        await create_topics(admin, catalogue(), "hanzo.twin")
        made = Past(memory_bus, producer)
        await made.live()
        yield made


@pytest.fixture
async def removed(past, monkeypatch):
    """Makes the broker's log of the journal begin at an offset."""
    async with await past.bus.reader() as reader:
        kind = type(reader)
    real = kind.beginning_offsets

    def begin_at(first):
        async def beginnings(self, tps):
            found = await real(self, tps)
            return {
                tp: first if tp.topic == topic("sim.journal").physical() else at for tp, at in found.items()
            }

        monkeypatch.setattr(kind, "beginning_offsets", beginnings)

    return begin_at


@pytest.mark.parametrize("offset", [2, 9, 10, 11, 25, 40])
async def test_the_state_at_an_offset_is_that_which_the_worker_had_there_to_the_last_bit(past, offset):
    found = await past.at(offset)
    assert (found.offset, found.digest) == (offset, past.digests[offset])
    assert found.folded <= 10
    assert found.values["/Rail.position"]


async def test_a_moment_behind_the_end_is_the_end(past):
    assert (await past.at(10_000)).digest == past.digests[LENGTH - 1]
    assert (await past.at("2999-01-01T00:00:00Z")).digest == past.digests[LENGTH - 1]


async def test_before_its_first_incarnation_a_twin_has_no_state(past):
    with pytest.raises(NoSuchMoment):
        await past.at(0)
    with pytest.raises(NoSuchMoment):
        await past.at("2000-01-01T00:00:00Z")


async def test_what_the_broker_has_removed_is_read_from_sealed_ranges(past, removed):
    await past.seal(0, 19)
    await past.seal(20, 29)
    removed(30)
    assert (await past.at(5)).digest == past.digests[5]
    assert (await past.at(25)).digest == past.digests[25]
    report = await past.verified()
    assert (report.differences, report.records) == ((), LENGTH)


async def test_without_them_a_journal_is_verified_from_the_first_state_that_leads_to_the_rest(past, removed):
    removed(15)
    report = await past.verified()
    assert report.differences == ()
    assert report.records == LENGTH - 21
    with pytest.raises(BeyondRetention):
        await past.at(14)


async def test_a_journal_is_verified_from_a_moment_on(past):
    report = await past.verified(since=25)
    assert (report.differences, report.records) == ((), LENGTH - 21)


async def test_a_prediction_that_was_not_made_so_is_found_from_a_moment_on_as_well(past):
    found = await gather(past.twins, SPEC, past.blobs, past.blobs, Moment(offset=25))
    wrong = found.predictions[-1].frame
    wrong.values[0] += 1e-9
    forged = [*found.predictions[:-1], PredictionEntry(codec.encode(wrong), wrong)]
    report = verify(found.journal, forged, (), open_cart, found.unreadable, found.start)
    assert len(report.differences) == 1


@pytest.mark.parametrize("text", ["", "yesterday", "-5", "12:00"])
def test_what_names_no_moment_is_refused(text):
    with pytest.raises(MomentUnknown):
        Moment.parse(text)
