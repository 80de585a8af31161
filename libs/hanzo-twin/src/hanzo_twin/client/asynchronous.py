"""The client for programs that use asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx
from httpx_sse import EventSource

from hanzo_twin.client.access import Access, chosen, local
from hanzo_twin.client.calls import downloads, records, running, scenes, twins, uploads, waiting
from hanzo_twin.client.calls.paths import Pages
from hanzo_twin.client.following import Following
from hanzo_twin.client.http import STREAM_TIMEOUT, options
from hanzo_twin.client.retry import Retry
from hanzo_twin.client.session import Plan, Session
from hanzo_twin.client.signatures import like
from hanzo_twin.client.tokens import TokenLike, Tokens, tokens_of
from hanzo_twin.client.wire import Answer, Flow, Pause, Request, Step
from hanzo_twin.models import Prediction
from hanzo_twin.models.base import Model

P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M", bound=Model)


def _carried(
    make: Callable[P, Plan[T]],
) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]]:
    """An operation as a coroutine that returns its result."""

    async def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.run(make(*args, **kwargs))

    return like(make, method)


def _listed(make: Callable[P, Pages[M]]) -> Callable[Concatenate[AsyncClient, P], AsyncIterator[M]]:
    """A list as a method that iterates over it, page by page."""

    async def method(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[M]:
        cursor: str | None = None
        pages = make(*args, **kwargs)
        while True:
            page = await self.run(pages.page(cursor))
            for item in page.items:
                yield item
            cursor = page.next_cursor
            if cursor is None:
                return

    return like(make, method)


class AsyncClient:
    """Twins over REST; close it, or use it in an `async with`. It has the operations of `Client`, awaited.

    Args:
        url: of the API; if not given, the profile in use, else the stack that runs on this machine.
        token: a bearer token, a function that gives one, or a service account's credentials.
        profile: of `hanzo-twin profile`, where no URL is given.
        retry: patience.
        timeout: seconds for one attempt.
        transport: of httpx, for tests.
        verify: TLS certificates: False, or a CA file.
    """

    def __init__(
        self,
        url: str | None = None,
        token: TokenLike | Tokens | None = None,
        *,
        profile: str | None = None,
        retry: Retry | None = None,
        timeout: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
        verify: bool | str = True,
    ) -> None:
        access = Access(url, tokens_of(token)) if url is not None else chosen(profile)
        self._session = Session(access.url, access.tokens, retry or Retry())
        self._http = httpx.AsyncClient(transport=transport, **options(timeout, verify))

    @classmethod
    def local(cls, home: Path | None = None, *, retry: Retry | None = None) -> Self:
        """A client of the stack that runs on this machine, as its developer.

        Raises:
            NoStack: none runs.
        """
        access = local(home)
        return cls(access.url, access.tokens, retry=retry)

    list_twins = _listed(twins.list_twins)
    get_twin = _carried(twins.get_twin)
    create_twin = _carried(twins.create_twin)
    update_twin = _carried(twins.update_twin)
    delete_twin = _carried(twins.delete_twin)
    start_twin = _carried(twins.start_twin)
    stop_twin = _carried(twins.stop_twin)
    wait_for_phase = _carried(waiting.wait_for_phase)

    get_state = _carried(running.get_state)
    get_sync_status = _carried(running.get_sync_status)
    joint_command = _carried(running.joint_command)
    reset_twin = _carried(running.reset_twin)
    set_rate = _carried(running.set_rate)
    get_command = _carried(running.get_command)

    list_scenes = _listed(scenes.list_scenes)
    get_scene = _carried(scenes.get_scene)
    get_scene_version = _carried(scenes.get_scene_version)
    upload_scene = _carried(uploads.upload_scene)
    validate_scene = _carried(scenes.validate_scene)
    get_download = _carried(scenes.get_download)
    download_scene = _carried(downloads.download_scene)
    delete_scene = _carried(scenes.delete_scene)
    decide_proposal = _carried(scenes.decide_proposal)

    list_dead_letters = _listed(records.list_dead_letters)
    get_dead_letter = _carried(records.get_dead_letter)
    redrive_dead_letter = _carried(records.redrive_dead_letter)
    list_audit = _listed(records.list_audit)
    read_journal = _listed(records.read_journal)
    whoami = _carried(records.whoami)

    async def predictions(
        self, ref: str, *, since: str | None = None, start: str | None = None
    ) -> AsyncIterator[Prediction]:
        """A twin's predictions as they come; it reconnects where it was, loses none and repeats none.

        Args:
            ref: UUID or name.
            since: `event_id` of the last prediction that was seen; from now on if not given.
            start: where else to begin: `earliest`, or an event id.

        Raises:
            StreamGap: it was away for so long that predictions in between are not kept any more.
            NotFound: there is no such twin, or none any more.
            Unreachable: nobody answers any more.
        """
        following = Following(self._session, ref, since, start)
        while True:
            request = await self._carry(following.request())
            outcome: Answer | None = None
            try:
                async with self._http.stream(**request.arguments(), timeout=STREAM_TIMEOUT) as answer:
                    if not answer.is_success:
                        await answer.aread()
                        outcome = answer
                    else:
                        async for event in EventSource(answer).aiter_sse():
                            prediction = following.take(event)
                            if prediction is not None:
                                yield prediction
            except httpx.TransportError as error:
                outcome = error
            await self._carry(following.lost(outcome))

    async def run(self, plan: Plan[T]) -> T:
        """Carry out an operation of `hanzo_twin.client.calls`."""
        return await self._carry(plan(self._session))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _carry(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                step = flow.send(await self._do(step))
        except StopIteration as done:
            result: T = done.value
            return result
        finally:
            flow.close()

    async def _do(self, step: Step) -> Any:
        if isinstance(step, Request):
            return await self._send(step)
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return time.monotonic()
        return await asyncio.to_thread(step.do)

    async def _send(self, request: Request) -> Answer:
        arguments = request.arguments()
        if hasattr(arguments.get("content"), "read"):  # a file: httpx wants an asynchronous iterator here
            arguments["content"] = _chunks(arguments["content"])
        try:
            async with self._http.stream(**arguments) as answer:
                if request.into is None or not answer.is_success:
                    await answer.aread()
                else:
                    with request.into.open("wb") as file:
                        async for chunk in answer.aiter_bytes():
                            await asyncio.to_thread(file.write, chunk)
                return answer
        except httpx.TransportError as error:
            return error


async def _chunks(file: Any) -> AsyncIterator[bytes]:
    """A file's content, read where it holds up nobody."""
    while data := await asyncio.to_thread(file.read, 1 << 20):
        yield data
