"""A stream goes on over broken connections, and loses and repeats nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from scripted_api import Api, asynchronous, blocking

from hanzo_twin.client import NotFound, Retry, StreamGap, Unexpected, Unreachable

Follow = Callable[..., list[Any]]


class Broken(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that ends with the connection breaking."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self):
        yield self._content
        raise httpx.ReadError("reset")

    async def __aiter__(self):
        yield self._content
        raise httpx.ReadError("reset")


def event(number: int, *, incarnation: int = 1, offset: int | None = None) -> str:
    data = {
        "twin": "t",
        "incarnation": incarnation,
        "offset": number if offset is None else offset,
        "tick": number,
        "values": {"/World/a.position": [0.5]},
    }
    return f"event: prediction\nid: {number}\ndata: {json.dumps(data)}\n\n"


def streams(api: Api, *events: str, breaks: bool = False) -> None:
    """One connection that brings these events."""
    content = "".join(events).encode()
    headers = {"content-type": "text/event-stream"}
    api.answers.append(
        lambda _request: httpx.Response(
            200, headers=headers, **({"stream": Broken(content)} if breaks else {"content": content})
        )
    )


@pytest.fixture(params=["blocking", "asynchronous"])
def follow(request: pytest.FixtureRequest, api: Api) -> Follow:
    """The first so many predictions."""

    def with_blocking(count: int, **options: Any) -> list[Any]:
        client = options.pop("client", {})
        with blocking(api, **client) as made:
            stream = made.predictions("arm", **options)
            return [next(stream) for _ in range(count)]

    def with_asyncio(count: int, **options: Any) -> list[Any]:
        async def whole() -> list[Any]:
            client = options.pop("client", {})
            async with asynchronous(api, **client) as made:
                stream = made.predictions("arm", **options)
                return [await anext(stream) for _ in range(count)]

        return asyncio.run(whole())

    return with_blocking if request.param == "blocking" else with_asyncio


def test_predictions_come_as_models_with_their_event_id(api: Api, follow: Follow) -> None:
    streams(api, ": still here\n\n", event(41), event(42))
    one, two = follow(2, client={"token": "secret"})
    assert (one.tick, one.values["/World/a.position"], two.event_id) == (41, (0.5,), "42")
    assert api.asked == ["GET /v1/twins/arm/predictions"]
    assert api.requests[0].headers["authorization"] == "Bearer secret"
    assert "last-event-id" not in api.requests[0].headers


def test_a_broken_connection_is_taken_up_after_the_last_event(api: Api, follow: Follow) -> None:
    streams(api, event(41), event(42), breaks=True)
    api.breaks().refuses(503, "restarting")
    streams(api, event(43))
    streams(api, event(44))
    assert [found.tick for found in follow(4)] == [41, 42, 43, 44]
    assert [request.headers.get("last-event-id") for request in api.requests] == [
        None,
        "42",
        "42",
        "42",
        "43",
    ]


def test_a_connection_that_breaks_before_its_first_prediction_is_taken_up_where_it_began(
    api: Api, follow: Follow
) -> None:
    streams(api, "id: 41\n\n", ": still here\n\n", breaks=True)
    streams(api, "id: -1\n\n", breaks=True)
    streams(api, event(0))
    assert [found.tick for found in follow(1)] == [0]
    assert [request.headers.get("last-event-id") for request in api.requests] == [None, "41", "-1"]


def test_half_an_event_counts_for_nothing(api: Api, follow: Follow) -> None:
    streams(api, event(41), event(42)[:-10], breaks=True)
    streams(api, event(42))
    assert [found.tick for found in follow(2)] == [41, 42]
    assert api.requests[1].headers["last-event-id"] == "41"


def test_what_a_worker_published_again_is_not_repeated(api: Api, follow: Follow) -> None:
    streams(api, event(41), event(42), event(43, offset=41), event(44, offset=42), event(45, offset=43))
    assert [found.offset for found in follow(3)] == [41, 42, 43]


def test_another_incarnation_counts_from_its_own_beginning(api: Api, follow: Follow) -> None:
    streams(api, event(41), event(42, incarnation=2, offset=3))
    assert [(found.incarnation, found.offset) for found in follow(2)] == [(1, 41), (2, 3)]


def test_a_stream_can_begin_after_an_event_that_was_seen(api: Api, follow: Follow) -> None:
    streams(api, event(43))
    follow(1, since="42")
    assert api.requests[0].headers["last-event-id"] == "42"


def test_a_stream_can_begin_elsewhere_but_goes_on_where_it_was(api: Api, follow: Follow) -> None:
    streams(api, event(43), breaks=True)
    streams(api, event(44))
    follow(2, start="earliest")
    assert api.asked == ["GET /v1/twins/arm/predictions?from=earliest", "GET /v1/twins/arm/predictions"]


def test_an_event_that_is_no_prediction_is_said_and_can_be_gone_on_behind(api: Api, follow: Follow) -> None:
    streams(api, event(42).replace("0.5", "null"), event(43))
    streams(api, event(43))
    with pytest.raises(Unexpected, match="42"):
        follow(1)
    assert [found.tick for found in follow(1, since="42")] == [43]


def test_a_gap_is_never_passed_over_in_silence(api: Api, follow: Follow) -> None:
    gap = 'event: gap\ndata: {"wanted": 43, "oldest": 90}\n\n'
    streams(api, event(42), breaks=True)
    streams(api, gap, event(90))
    with pytest.raises(StreamGap, match='start="90"') as raised:
        follow(2)
    assert (raised.value.wanted, raised.value.oldest) == (43, 90)


def test_the_end_of_a_connection_is_not_the_end_of_the_stream(api: Api, follow: Follow) -> None:
    streams(api, event(41), 'event: end\ndata: {"reason": "stopping"}\n\n')
    streams(api, event(42))
    assert [found.tick for found in follow(2)] == [41, 42]


def test_an_unknown_twin_has_no_stream(api: Api, follow: Follow) -> None:
    api.refuses(404, "twin_not_found")
    with pytest.raises(NotFound):
        follow(1)


def test_an_expired_token_is_renewed_between_connections(api: Api, follow: Follow) -> None:
    tokens = iter(("old", "new"))
    streams(api, event(41), breaks=True)
    api.refuses(401, "token_expired")
    streams(api, event(42))
    follow(2, client={"token": lambda: next(tokens)})
    assert [request.headers["authorization"][7:] for request in api.requests] == ["old", "old", "new"]


def test_patience_with_an_api_that_is_gone_ends(api: Api, follow: Follow) -> None:
    streams(api, event(41), breaks=True)
    api.breaks()
    with pytest.raises(Unreachable):
        follow(2, client={"retry": Retry(within_s=0.02, first_s=0.001)})
