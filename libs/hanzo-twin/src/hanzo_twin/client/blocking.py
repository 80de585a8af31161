"""The client for programs that wait for their answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
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


def _carried(make: Callable[P, Plan[T]]) -> Callable[Concatenate[Client, P], T]:
    """An operation as a method that returns its result."""

    def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.run(make(*args, **kwargs))

    return like(make, method)


def _listed(make: Callable[P, Pages[M]]) -> Callable[Concatenate[Client, P], Iterator[M]]:
    """A list as a method that iterates over it, page by page."""

    def method(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[M]:
        cursor: str | None = None
        pages = make(*args, **kwargs)
        while True:
            page = self.run(pages.page(cursor))
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    return like(make, method)


class Client:
    """Twins over REST; close it, or use it in a `with`. Threads may share one.

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
        transport: httpx.BaseTransport | None = None,
        verify: bool | str = True,
    ) -> None:
        access = Access(url, tokens_of(token)) if url is not None else chosen(profile)
        self._session = Session(access.url, access.tokens, retry or Retry())
        self._http = httpx.Client(transport=transport, **options(timeout, verify))

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

    def predictions(
        self, ref: str, *, since: str | None = None, start: str | None = None
    ) -> Iterator[Prediction]:
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
            request = self._carry(following.request())
            outcome: Answer | None = None
            try:
                with self._http.stream(**request.arguments(), timeout=STREAM_TIMEOUT) as answer:
                    if not answer.is_success:
                        answer.read()
                        outcome = answer
                    else:
                        for event in EventSource(answer).iter_sse():
                            prediction = following.take(event)
                            if prediction is not None:
                                yield prediction
            except httpx.TransportError as error:
                outcome = error
            self._carry(following.lost(outcome))

    def run(self, plan: Plan[T]) -> T:
        """Carry out an operation of `hanzo_twin.client.calls`."""
        return self._carry(plan(self._session))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _carry(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                step = flow.send(self._do(step))
        except StopIteration as done:
            result: T = done.value
            return result
        finally:
            flow.close()

    def _do(self, step: Step) -> Any:
        if isinstance(step, Request):
            return self._send(step)
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return time.monotonic()
        return step.do()

    def _send(self, request: Request) -> Answer:
        try:
            with self._http.stream(**request.arguments()) as answer:
                if request.into is None or not answer.is_success:
                    answer.read()
                else:
                    with request.into.open("wb") as file:
                        for chunk in answer.iter_bytes():
                            file.write(chunk)
                return answer
        except httpx.TransportError as error:
            return error
