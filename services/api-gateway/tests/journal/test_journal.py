"""A twin's journal is read page by page, and what isn't kept is said to be gone."""

from dataclasses import replace

import jsonschema_rs
import pytest

from api_gateway.handlers import journal as handler
from twin_common.archive.ranges import pack
from twin_common.archive.sealed import FOLDER, key_of
from twin_common.blobs import KEYFRAMES as FOLDER_OF_KEYFRAMES
from twin_common.blobs import digest_of
from twin_common.bus.types import Record
from twin_schemas import codec, examples
from twin_schemas.catalogue import topic
from twin_schemas.records import JournalSealed, KeyframeTaken, Stopped, TimeDiscontinuity

JOURNAL, SEALED = topic("sim.journal").physical(), topic("sim.sealed").physical()
KEYFRAMES = topic("sim.keyframes").physical()


@pytest.fixture
async def twin(bed):
    """Id and partition of a twin, for whom twelve records are written among those of another."""
    made = (await bed.create()).json()
    place = made["placement"]["partition"]
    async with await bed.bus.producer() as producer:
        for number in range(12):
            kind = Stopped if number % 3 else TimeDiscontinuity
            key = made["id"] if number % 2 == 0 else "another"
            value = codec.encode(examples.load(kind.__name__)["full"])
            await producer.send(JOURNAL, key=key.encode(), value=value, partition=place)
    return made["id"], place


async def read(bed, **params):
    answer = await bed.get("/v1/twins/arm/journal", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def offsets(bed, **params):
    return [item["offset"] for item in (await read(bed, **params))["items"]]


async def test_a_journal_is_read_in_order_and_page_by_page(bed, twin):
    first = await read(bed, limit=4)
    rest = await read(bed, limit=4, cursor=first["next_cursor"])
    assert [item["offset"] for item in first["items"] + rest["items"]] == [0, 2, 4, 6, 8, 10]
    assert rest["next_cursor"] is None
    assert handler.JournalPage.model_validate(first).model_dump() == first


async def test_what_a_record_says_is_shown(bed, twin):
    item = (await read(bed, limit=1))["items"][0]
    assert item["type"] == "TimeDiscontinuity"
    assert item["record"]["last_tick"] == examples.load("TimeDiscontinuity")["full"].last_tick
    assert item["error"] is None


async def test_a_journal_is_read_from_an_offset_a_time_or_of_some_types(bed, twin):
    assert await offsets(bed, **{"from": 5}) == [6, 8, 10]
    assert await offsets(bed, since="2020-01-01T00:00:00Z", **{"from": 7}) == [8, 10]
    assert await offsets(bed, since="2999-01-01T00:00:00Z") == []
    assert await offsets(bed, type="TimeDiscontinuity") == [0, 6]


async def test_a_record_that_nobody_can_read_is_shown_as_that(bed, twin):
    async with await bed.bus.producer() as producer:
        await producer.send(JOURNAL, key=twin[0].encode(), value=b"\0nonsense", partition=twin[1])
    item = (await read(bed, **{"from": 11}))["items"][-1]
    assert (item["type"], item["record"]) == (None, None)
    assert "schema" in item["error"]


async def forget(bed, place, first):
    """The broker's log begins at this offset from now on."""
    async with await bed.bus.reader() as reader:
        kind = type(reader)
    real = kind.beginning_offsets

    async def beginnings(self, tps):
        found = await real(self, tps)
        return {
            tp: max(at, first) if tp.topic == JOURNAL and tp.partition == place else at
            for tp, at in found.items()
        }

    return kind, beginnings


async def keep(bed, twin, place, offset, *, deleted=False):
    """Announce a keyframe, which is there, too, unless it is deleted; returns its digest."""
    encoded = codec.encode(replace(examples.load("FoldSnapshot")["full"], offset=offset))
    if not deleted:
        await bed.blobs.within(twin).within(FOLDER_OF_KEYFRAMES).put(encoded)
    said = KeyframeTaken("acme", twin, 1, offset, offset, 1_000, digest_of(encoded), len(encoded))
    async with await bed.bus.producer() as producer:
        await producer.send(KEYFRAMES, key=twin.encode(), value=codec.encode(said), partition=place)
    return said.digest


async def test_what_is_kept_nowhere_is_gone_and_the_nearest_state_beyond_is_named(bed, twin, monkeypatch):
    name, place = twin
    kind, beginnings = await forget(bed, place, 6)
    monkeypatch.setattr(kind, "beginning_offsets", beginnings)
    _, digest, _ = [await keep(bed, name, place, offset) for offset in (2, 5, 9)]
    answer = await bed.get("/v1/twins/arm/journal", params={"from": 3})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (410, "beyond_retention")
    assert problem["nearest"] == {
        "incarnation": 1, "offset": 5, "tick": 5, "time": "1970-01-01T00:00:00.000001Z", "digest": digest,
    }  # fmt: skip
    jsonschema_rs.validate(handler.BeyondRetention.model_json_schema(), problem)
    assert await offsets(bed) == [6, 8, 10]
    gone = await bed.get("/v1/twins/arm/journal", params={"since": "1970-01-02T00:00:00Z"})
    assert (gone.status_code, gone.json()["nearest"]["offset"]) == (410, 5)
    assert await offsets(bed, since="2999-01-01T00:00:00Z") == []


async def test_a_state_that_is_deleted_is_not_the_nearest_although_it_is_still_announced(
    bed, twin, monkeypatch
):
    name, place = twin
    kind, beginnings = await forget(bed, place, 6)
    monkeypatch.setattr(kind, "beginning_offsets", beginnings)
    for offset, deleted in ((5, True), (7, True), (9, False)):
        await keep(bed, name, place, offset, deleted=deleted)
    answer = await bed.get("/v1/twins/arm/journal", params={"from": 3})
    assert (answer.status_code, answer.json()["nearest"]["offset"]) == (410, 9)


async def test_what_is_sealed_is_read_as_if_the_broker_had_it(bed, twin, monkeypatch):
    place = twin[1]
    async with await bed.bus.reader() as reader:
        await reader.assign((await reader.partitions(JOURNAL))[place])
        whole = [record async for record in reader.read_to_end()]
    await seal(bed, place, whole[:8])
    kind, beginnings = await forget(bed, place, 6)
    monkeypatch.setattr(kind, "beginning_offsets", beginnings)
    assert await offsets(bed, **{"from": 1}) == [2, 4, 6, 8, 10]


async def seal(bed, place, records: list[Record]):
    blob = pack(records)
    await bed.blobs.within(FOLDER).put(blob)
    said = JournalSealed(
        place, records[0].offset, records[-1].offset, len(records), 0, 1, digest_of(blob), len(blob), "0" * 64,
        sorted({record.key.decode() for record in records}), 0,
    )  # fmt: skip
    async with await bed.bus.producer() as producer:
        await producer.send(SEALED, key=key_of(said), value=codec.encode(said), partition=place)


@pytest.mark.parametrize(
    ("role", "status"), [("twin-admin", 200), ("twin-operator", 200), ("twin-viewer", 403)]
)
async def test_only_those_read_it_who_may(bed, twin, role, status):
    assert (await bed.get("/v1/twins/arm/journal", role=role)).status_code == status


async def test_anothers_journal_is_not_there(bed, twin):
    answer = await bed.get("/v1/twins/arm/journal", org="rival")
    assert (answer.status_code, answer.json()["code"]) == (404, "twin_not_found")
