"""A stream of predictions over many connections: what to ask for next, and what has been seen. Free of I/O."""

from __future__ import annotations

import httpx
from httpx_sse import ServerSentEvent
from pydantic import ValidationError

from hanzo_twin.client.calls.paths import given, path
from hanzo_twin.client.problems import StreamGap, Unexpected
from hanzo_twin.client.session import Session, failure, with_token
from hanzo_twin.client.wire import Answer, Flow, Request, pause
from hanzo_twin.models import Prediction

SILENCE_S = 45.0
"""The API says something every 15 s; a connection that is silent for so long is dead."""


class Following:
    """One stream, whatever connections it takes.

    Args:
        session: with whom.
        ref: UUID or name of the twin.
        since: id of the last event that was seen; a stream begins now if not given.
        start: where else to begin, such as `earliest`.
    """

    def __init__(self, session: Session, ref: str, since: str | None, start: str | None) -> None:
        self._session = session
        self._path = path("twins", ref, "predictions")
        self._last = since
        self._start = start
        self._newest = (-1, -1)
        self._failures = 0
        self._seconds = 0.0
        self._lost_at = 0.0
        self._renew = False

    def request(self) -> Flow[Request]:
        """The request of the next connection; waits first when the last one failed."""
        if self._failures:
            yield from pause(self._seconds)
        token = yield from self._session.tokens.get(renew=self._renew)
        query = given(**{"from": self._start}) if self._last is None else {}
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        if self._last is not None:
            headers["Last-Event-ID"] = self._last
        return with_token(Request("GET", self._session.absolute(self._path), query, headers), token)

    def lost(self, answer: Answer | None) -> Flow[None]:
        """A connection ended, or came to nothing.

        Args:
            answer: what it failed with; None: the API closed it in order.

        Raises:
            ApiError, Unreachable: there is no use in another one.
        """
        now = yield from pause()
        if isinstance(answer, httpx.Response) and answer.status_code == 401 and not self._renew:
            self._renew = True
            return
        if not self._failures:
            self._lost_at = now
        if answer is None:
            self._seconds = self._session.retry.first_s
        else:
            seconds = self._session.retry.wait(answer, self._failures, now - self._lost_at)
            if seconds is None:
                raise failure(self._session.url, answer)
            self._seconds = seconds
        self._failures += 1

    def take(self, event: ServerSentEvent) -> Prediction | None:
        """The prediction in an event, unless it was there before.

        Raises:
            StreamGap: predictions in between are not kept any more.
            Unexpected: it is no prediction; the stream can be taken up behind it.
        """
        self._failures, self._renew = 0, False
        if event.id:
            self._last = event.id
        if event.event == "gap":
            gap = event.json()
            raise StreamGap(gap["wanted"], gap["oldest"])
        if event.event != "prediction":
            return None
        try:
            prediction = Prediction.model_validate_json(event.data)
        except ValidationError as error:
            raise Unexpected(
                f"event {event.id or '?'} isn't what this client knows: {error.errors()[0]['msg']}"
            ) from error
        identity = (prediction.incarnation, prediction.offset)
        if identity <= self._newest:
            return None
        self._newest = identity
        return prediction.model_copy(update={"event_id": event.id or None})
