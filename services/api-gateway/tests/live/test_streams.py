"""Predictions as they come: server-sent events and WebSocket."""

import asyncio
import json
import time
from contextlib import AsyncExitStack, asynccontextmanager

import httpx_sse
import pytest
import websockets
from live_support.house import PREFIX, SHOULDER
from live_support.house import house as opened

from twin_common import metrics_table as m
from twin_common.bus.types import TopicPartition
from twin_common.testing.issuer import InMemoryIssuer


@asynccontextmanager
async def whole(house, path="/v1/twins/arm/predictions", headers=None, **token):
    """Everything that a stream says, once it has begun."""
    headers = {**house.headers(**token), **(headers or {})}
    async with httpx_sse.aconnect_sse(house.client, "GET", path, headers=headers) as source:
        assert source.response.status_code == 200, await source.response.aread()
        assert source.response.headers["content-type"].startswith("text/event-stream")
        yield source.aiter_sse()


@asynccontextmanager
async def listening(house, *options, **named):
    """Its events."""
    async with whole(house, *options, **named) as said:
        yield (event async for event in said if event.data)


async def take(events, count):
    async with asyncio.timeout(10):
        return [await anext(events) for _ in range(count)]


async def test_predictions_come_as_events_whose_ids_are_offsets(house):
    spec = await house.specify()
    await house.predict(spec, 3)
    async with listening(house, "/v1/twins/arm/predictions?from=1") as events:
        first, second = await take(events, 2)
        await house.predict(spec, 1, first=3)
        (live,) = await take(events, 1)
    assert [(e.event, e.id) for e in (first, second, live)] == [
        ("prediction", "1"),
        ("prediction", "2"),
        ("prediction", "3"),
    ]
    body = json.loads(live.data)
    assert (body["tick"], body["offset"], body["latency_ms"]) == (3, 103, 5.0)
    assert body["values"] == {f"{SHOULDER}.position": [pytest.approx(0.3)]}
    assert body["units"] == {f"{SHOULDER}.position": "rad"}
    assert body["twin"] == spec.twin


async def test_without_a_beginning_only_what_is_new_is_told(house):
    spec = await house.specify()
    await house.predict(spec, 3)
    async with listening(house) as events:
        await house.predict(spec, 1, first=3)
        (event,) = await take(events, 1)
    assert event.id == "3"


async def test_a_prediction_that_json_cannot_tell_is_passed_over(house):
    spec = await house.specify()
    await house.predict(spec, 2)
    for nothing in (float("nan"), float("inf")):
        await house.predict(spec, 1, first=2, step=nothing)
    await house.predict(spec, 1, first=3)
    async with listening(house, "/v1/twins/arm/predictions?from=earliest") as events:
        assert [e.id for e in await take(events, 3)] == ["0", "1", "4"]


async def test_a_stream_goes_on_behind_the_last_event_that_was_seen(house):
    spec = await house.specify()
    await house.predict(spec, 5)
    async with listening(house, headers={"Last-Event-ID": "2"}) as events:
        assert [e.id for e in await take(events, 2)] == ["3", "4"]


async def test_a_stream_that_broke_before_its_first_event_goes_on_where_it_began(house):
    spec = await house.specify()
    await house.predict(spec, 3)
    async with whole(house) as said:
        (begin,) = await take(said, 1)
    assert (begin.id, begin.data) == ("2", "")
    await house.predict(spec, 2, first=3)
    async with listening(house, headers={"Last-Event-ID": begin.id}) as events:
        assert [e.id for e in await take(events, 2)] == ["3", "4"]


async def test_a_stream_of_a_twin_that_has_said_nothing_yet_can_be_taken_up_too(house):
    spec = await house.specify()
    async with whole(house) as said:
        (begin,) = await take(said, 1)
    await house.predict(spec, 1)
    async with listening(house, headers={"Last-Event-ID": begin.id}) as events:
        assert [e.id for e in await take(events, 1)] == ["0"]


async def test_a_gap_that_nobody_has_heard_of_is_named_again(house):
    spec = await house.specify()
    await house.predict(spec, 6)
    house.bus.trim(TopicPartition(f"{PREFIX}.arm", 0), 4)
    async with whole(house, headers={"Last-Event-ID": "1"}) as said:
        (begin,) = await take(said, 1)
    async with listening(house, headers={"Last-Event-ID": begin.id}) as events:
        (gap,) = await take(events, 1)
    assert (gap.event, json.loads(gap.data)["wanted"]) == ("gap", 2)


async def test_how_long_somebody_listens_is_not_how_long_the_answer_took(house):
    spec = await house.specify()
    metrics, endpoint = house.app.state.parts.metrics, "/v1/twins/{ref}/predictions"
    async with listening(house) as events:
        seen = metrics.value(m.API_DURATION, endpoint=endpoint)
        await house.predict(spec, 1)
        await take(events, 1)
    await house.until(lambda: metrics.value(m.API_STREAMS) == 0)
    assert seen == 1 == metrics.value(m.API_DURATION, endpoint=endpoint)


async def test_what_is_not_kept_any_more_is_named_as_a_gap(house):
    spec = await house.specify()
    await house.predict(spec, 6)
    house.bus.trim(TopicPartition(f"{PREFIX}.arm", 0), 4)
    async with listening(house, headers={"Last-Event-ID": "1"}) as events:
        gap, first = await take(events, 2)
    assert (gap.event, json.loads(gap.data)) == ("gap", {"wanted": 2, "oldest": 4})
    assert first.id == "4"


async def test_what_lies_beyond_the_end_is_a_gap_and_the_stream_goes_on_from_the_end(house):
    spec = await house.specify()
    await house.predict(spec, 3)
    async with listening(house, headers={"Last-Event-ID": "999999999"}) as events:
        (gap,) = await take(events, 1)
        assert (gap.event, json.loads(gap.data)) == ("gap", {"wanted": 1_000_000_000, "oldest": 3})
        await house.predict(spec, 1)
        (first,) = await take(events, 1)
    assert first.id == "3"


async def test_a_deleted_twin_ends_its_streams(house):
    spec = await house.specify()
    async with listening(house) as events:
        await house.delete(spec)
        (end,) = await take(events, 1)
        with pytest.raises(StopAsyncIteration):
            await take(events, 1)
    assert (end.event, json.loads(end.data)["reason"]) == ("end", "deleted")


async def test_a_stream_ends_when_its_token_expires(house):
    await house.specify()
    async with listening(house, now_s=time.time(), ttl_s=1) as events:
        (end,) = await take(events, 1)
    assert json.loads(end.data)["reason"] == "token_expired"


async def test_only_so_many_streams_are_open_and_a_reader_that_leaves_makes_room():
    async with opened(InMemoryIssuer(), max_streams=1) as house:
        await house.specify()
        async with listening(house):
            assert house.app.state.parts.metrics.value(m.API_STREAMS) == 1
            answer = await house.client.get("/v1/twins/arm/predictions", headers=house.headers())
            assert (answer.status_code, answer.json()["code"]) == (503, "too_many_streams")
            assert "retry-after" in answer.headers
        async with asyncio.timeout(10):
            while True:
                try:
                    async with listening(house):
                        break
                except AssertionError:
                    await asyncio.sleep(0.05)


async def test_one_organization_leaves_others_half_of_the_streams():
    async with opened(InMemoryIssuer(), max_streams=3) as house, AsyncExitStack() as open_streams:
        await house.specify("arm", org="local")
        await house.specify("leg", org="rival")
        for _ in range(2):
            await open_streams.enter_async_context(listening(house))
        answer = await house.client.get("/v1/twins/arm/predictions", headers=house.headers())
        assert (answer.status_code, answer.json()["code"]) == (503, "too_many_streams")
        assert "your organization" in answer.json()["detail"]
        await open_streams.enter_async_context(listening(house, "/v1/twins/leg/predictions", org="rival"))


async def test_a_reader_that_takes_nothing_holds_up_nobody(house):
    spec = await house.specify()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(house.url.rsplit(":", 1)[1]))
    token = house.headers()["Authorization"]
    request = f"GET /v1/twins/arm/predictions?from=0 HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n\r\n"
    writer.write(request.encode())
    try:
        async with listening(house, "/v1/twins/arm/predictions?from=0") as events:
            await house.predict(spec, 3000)
            assert [e.id for e in await take(events, 3000)] == [str(n) for n in range(3000)]
        answer = await house.client.get("/alive")
        assert answer.status_code == 200
    finally:
        writer.close()
    assert reader is not None


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v1/twins/arm/predictions?from=soon", {}),
        ("/v1/twins/arm/predictions?from=-1", {}),
        ("/v1/twins/arm/predictions", {"Last-Event-ID": "abc"}),
        ("/v1/twins/arm/predictions", {"Last-Event-ID": "-2"}),
        ("/v1/twins/arm/predictions?from=" + "9" * 30, {}),
        ("/v1/twins/arm/predictions?since=1", {}),
    ],
)
async def test_a_beginning_that_is_no_offset_is_refused(house, path, headers):
    await house.specify()
    answer = await house.client.get(path, headers={**house.headers(), **headers})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@asynccontextmanager
async def socket(house, *, query="", token=None, by_protocol=False, **connect):
    url = house.url.replace("http", "ws") + f"/v1/twins/arm/predictions/ws{query}"
    token = house.issuer.token() if token is None else token
    how = (
        {"subprotocols": ["hanzo-twin", f"bearer.{token}"]}
        if by_protocol
        else {"additional_headers": {"Authorization": f"Bearer {token}"}}
    )
    async with websockets.connect(url, **how, **connect) as one:
        yield one


@pytest.mark.parametrize("by_protocol", [False, True])
async def test_a_websocket_tells_the_same(house, by_protocol):
    spec = await house.specify()
    await house.predict(spec, 2)
    async with socket(house, query="?from=earliest", by_protocol=by_protocol) as one:
        messages = [json.loads(await asyncio.wait_for(one.recv(), 10)) for _ in range(3)]
        assert one.subprotocol == ("hanzo-twin" if by_protocol else None)
    assert messages.pop(0) == {"event": "open", "id": "-1"}
    assert [(m["event"], m["id"], m["tick"]) for m in messages] == [
        ("prediction", "0", 0),
        ("prediction", "1", 1),
    ]


async def test_a_websocket_of_a_deleted_twin_is_closed(house):
    spec = await house.specify()
    async with socket(house) as one:
        assert json.loads(await asyncio.wait_for(one.recv(), 10))["event"] == "open"
        await house.delete(spec)
        end = json.loads(await asyncio.wait_for(one.recv(), 10))
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(one.recv(), 10)
    assert (end["event"], end["reason"]) == ("end", "deleted")


async def test_a_websocket_without_a_good_token_is_not_opened(house):
    await house.specify()
    with pytest.raises(websockets.InvalidStatus) as caught:
        async with socket(house, token="nonsense"):
            pass
    assert caught.value.response.status_code == 401
    assert json.loads(caught.value.response.body)["code"] == "unauthenticated"
