"""Whom a client talks to, and as whom; and one exchange with it: retried, renewed, followed to its outcome."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar
from urllib.parse import urljoin

import httpx
from pydantic import ValidationError

from hanzo_twin.client.problems import Pending, Unauthenticated, Unexpected, Unreachable, error_of
from hanzo_twin.client.retry import Retry
from hanzo_twin.client.tokens import Tokens
from hanzo_twin.client.wire import Answer, Flow, Request, pause, send
from hanzo_twin.models.base import Model
from hanzo_twin.models.live import Command
from hanzo_twin.models.problem import Problem

T = TypeVar("T")
M = TypeVar("M", bound=Model)

POLL_S = 0.2
SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Session:
    """Where the API is and how one gets in.

    Attributes:
        url: of the API, without `/v1`.
        tokens: where bearer tokens come from.
        retry: when to try again.
    """

    url: str
    tokens: Tokens
    retry: Retry = field(default_factory=Retry)

    def absolute(self, path: str) -> str:
        """The URL of a path of the API."""
        return urljoin(self.url.rstrip("/") + "/", path.lstrip("/"))


Plan = Callable[[Session], Flow[T]]
"""What a client can carry out."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One operation of the API.

    Attributes:
        request: that asks for it.
        parse: makes the result of the answer.
        follow: a command that isn't done yet (202) is followed to its outcome; else the answer is the result.
    """

    request: Request
    parse: Callable[[httpx.Response], T]
    follow: bool = True

    def __call__(self, session: Session) -> Flow[T]:
        """Carry it out.

        Raises:
            ApiError: the API refused it.
            Unreachable: nobody answers.
            Pending: it was taken, but its outcome isn't known within the time.
        """
        request = self.request
        if request.method not in SAFE:
            # The same key for every attempt: repeating it changes nothing, and brings the answer again.
            request = replace(request, headers={"Idempotency-Key": str(uuid.uuid4()), **request.headers})
        began = yield from pause()
        answer = yield from exchange(session, request)
        while answer.status_code == 202 and self.follow:
            command = yield from settled(session, answer)
            answer = yield from exchange(session, request)
            # What was decided may still be on its way to the process that answers.
            if answer.status_code == 202 and (yield from pause()) - began > session.retry.within_s:
                raise Pending(command.id, session.retry.within_s)
        return parsed(answer, self.parse)


def exchange(session: Session, request: Request) -> Flow[httpx.Response]:
    """Send a request of the API until it succeeds or patience ends.

    Raises:
        ApiError: the last answer was a problem.
        Unreachable: nobody answered.
    """
    # Another process of the API may answer than the one that made the last change.
    headers = {"X-Read-Latest": "true", **request.headers}
    request = replace(request, url=session.absolute(request.url), headers=headers)
    token = yield from session.tokens.get(renew=False)
    try:
        return (yield from patient(session.retry, with_token(request, token)))
    except Unauthenticated:
        token = yield from session.tokens.get(renew=True)
        return (yield from patient(session.retry, with_token(request, token)))


def patient(retry: Retry, request: Request) -> Flow[httpx.Response]:
    """Send a request until it succeeds or patience ends, to whomever it goes.

    Raises:
        ApiError: the last answer was no success.
        Unreachable: nobody answered.
    """
    began = yield from pause()
    attempt = 0
    while True:
        answer = yield from send(request)
        if isinstance(answer, httpx.Response) and answer.is_success:
            return answer
        now = yield from pause()
        seconds = retry.wait(answer, attempt, now - began)
        if seconds is None:
            raise failure(request.url, answer)
        if retry.notice is not None:
            status = answer.status_code if isinstance(answer, httpx.Response) else None
            where = _where(request.url)
            retry.notice(
                f"{where} answers with status {status}" if status else f"no answer from {where}", now - began
            )
        yield from pause(seconds)
        attempt += 1


def settled(session: Session, answer: httpx.Response) -> Flow[Command]:
    """Ask after a command that wasn't done at once until its outcome is known.

    Raises:
        Pending: it isn't within the session's patience.
    """
    command = parsed(answer, one(Command))
    began = yield from pause()
    link = answer.headers.get("location") or f"/v1/commands/{command.id}"
    while command.pending:
        now = yield from pause(POLL_S)
        if now - began > session.retry.within_s:
            raise Pending(command.id, session.retry.within_s)
        command = parsed((yield from exchange(session, Request("GET", link))), one(Command))
    return command


def with_token(request: Request, token: str | None) -> Request:
    """The request in somebody's name."""
    if token is None:
        return request
    return replace(request, headers={**request.headers, "Authorization": f"Bearer {token}"})


def failure(url: str, answer: Answer) -> Exception:
    """The error for an attempt that was the last."""
    where = _where(url)
    if isinstance(answer, httpx.TransportError):
        return Unreachable(where, str(answer) or type(answer).__name__)
    try:
        problem = Problem.model_validate_json(answer.content)
    except ValidationError:
        problem = Problem(
            code=f"http_{answer.status_code}",
            detail=f"{where} answers with status {answer.status_code} and without a problem description",
            request_id=answer.headers.get("x-request-id"),
        )
    return error_of(problem.model_copy(update={"status": answer.status_code}))


def _where(url: str) -> str:
    """Who is asked; the rest of a presigned URL is a secret."""
    parts = httpx.URL(url)
    return f"{parts.scheme}://{parts.netloc.decode()}"


def one(kind: type[M]) -> Callable[[httpx.Response], M]:
    """Reads an answer as one model."""

    def read(answer: httpx.Response) -> M:
        return kind.model_validate_json(answer.content)

    return read


def parsed(answer: httpx.Response, parse: Callable[[httpx.Response], T]) -> T:
    """The result that an answer holds.

    Raises:
        Unexpected: it is none of this API.
    """
    try:
        return parse(answer)
    except ValidationError as error:
        raise Unexpected(
            f"{answer.request.method} {answer.request.url}: the answer isn't what this client knows: "
            f"{error.errors()[0]['msg']}. Is this the address of a Hanzo Twin API, and the client as recent?"
        ) from error
