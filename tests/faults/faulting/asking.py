"""A client that repeats a request under its idempotency key until it is answered, and remembers what it was told."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import httpx

from hanzo_twin.stack import Connection

PATIENCE_S = 60.0
_PAUSE_S = 0.25


class Told(StrEnum):
    """What a client knows of its request."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with a key, however often it was sent, and its answer.

    Attributes:
        request: its X-Request-Id, which is the correlation id of every command that it became.
        kind: record type of the command that it asks for.
        about: name of the twin.
        began_ns: when it was sent first, ns since the Unix epoch.
        ended_ns: when it was answered, or given up.
        told: the answer.
        code: of a refusal, or the last problem.
        sent: how often.
    """

    request: str
    kind: str
    about: str
    began_ns: int
    ended_ns: int
    told: Told
    code: str = ""
    sent: int = 1


class Client:
    """Asks the REST API.

    Args:
        there: the stack.
        http: an open client.
        patience_s: how long a request may stay unanswered before it is given up.
    """

    def __init__(self, there: Connection, http: httpx.AsyncClient, patience_s: float = PATIENCE_S) -> None:
        self._there = there
        self._patience_s = patience_s
        self._http = http
        self._token: str | None = None
        self.log: list[Asked] = []
        self.idle = asyncio.Event()
        """Nothing waits for an answer."""
        self.idle.set()
        self._open = 0

    async def ask(
        self,
        kind: str,
        about: str,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> Asked:
        """Send a request until it is answered; noted in the log.

        Args:
            kind: record type of the command.
            about: name of the twin.
            method: HTTP method.
            path: with its leading `/v1`.
            headers: beside token, key and request id.
            body: as `httpx` takes it.
        """
        key, request, began_ns = str(uuid.uuid4()), f"fault-{uuid.uuid4()}", time.time_ns()
        self._open += 1
        self.idle.clear()
        sent, code, told = 0, "", Told.UNKNOWN
        deadline = time.monotonic() + self._patience_s
        try:
            while told is Told.UNKNOWN and time.monotonic() < deadline:
                sent += 1
                try:
                    mine = {"Idempotency-Key": key, "X-Request-Id": request, **(headers or {})}
                    answer = await self._send(method, path, mine, body)
                except httpx.HTTPError as error:
                    code = type(error).__name__
                else:
                    told, code = read(answer)
                    if answer.status_code == 202:
                        told, code = await self._wait_for(answer.headers["Location"], deadline)
                if told is Told.UNKNOWN:
                    await asyncio.sleep(_PAUSE_S)
        finally:
            self._open -= 1
            if not self._open:
                self.idle.set()
            asked = Asked(request, kind, about, began_ns, time.time_ns(), told, code, sent)
            self.log.append(asked)
        return asked

    async def _wait_for(self, path: str, deadline: float) -> tuple[Told, str]:
        """What becomes of a command that was taken. Who was told that it is on its way doesn't send it again."""
        while time.monotonic() < deadline:
            view = await self.get(path)
            status = "pending" if view is None else view["status"]
            if status in ("accepted", "applied"):
                return Told.ACCEPTED, ""
            if status == "refused":
                return Told.REFUSED, str(view["code"])
            await asyncio.sleep(_PAUSE_S)
        return Told.UNKNOWN, "pending"

    async def get(self, path: str) -> Any:
        """The JSON that a path shows; None when it shows none."""
        try:
            answer = await self._send("GET", path, {"X-Read-Latest": "true"}, {})
        except httpx.HTTPError:
            return None
        return answer.json() if answer.status_code == 200 else None

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, Any]
    ) -> httpx.Response:
        if self._token is None:
            form = {
                "grant_type": "client_credentials",
                "client_id": self._there.developer_client_id,
                "client_secret": self._there.developer_client_secret,
            }
            answer = await self._http.post(f"{self._there.issuer_url.rstrip('/')}/token", data=form)
            self._token = answer.raise_for_status().json()["access_token"]
        authorized = {"Authorization": f"Bearer {self._token}", **headers}
        answer = await self._http.request(method, f"{self._there.api_url}{path}", headers=authorized, **body)
        if answer.status_code == 401:
            self._token = None
        return answer


def read(answer: httpx.Response) -> tuple[Told, str]:
    """What an answer says; one that says nothing for good is no answer."""
    status = answer.status_code
    if status in (200, 201, 204):
        return Told.ACCEPTED, ""
    if status == 202:
        return Told.UNKNOWN, "pending"
    try:
        code = str(answer.json().get("code", status))
    except ValueError:
        code = str(status)
    final = 400 <= status < 500 and status not in (401, 408, 429)
    return (Told.REFUSED if final else Told.UNKNOWN), code
