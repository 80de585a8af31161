"""What goes out and comes in, without the I/O: a client only carries it.

Everything a client does is a `Flow`: a generator that yields steps (send this, wait so long, do that work) and is
told what came of each. `Client` and `AsyncClient` carry the same flows.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; made again by `body` for every attempt, since files are read to their end.

    Attributes:
        method: of HTTP.
        url: absolute, or a path of the API.
        query: its parameters.
        headers: of its own.
        body: makes the keyword arguments of httpx that carry the body.
        into: file for the content of a successful answer; in memory when None.
    """

    method: str
    url: str
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Callable[[], Mapping[str, Any]] = dict
    into: Path | None = None

    def arguments(self) -> dict[str, Any]:
        """The request as httpx takes it."""
        return {
            "method": self.method,
            "url": self.url,
            "params": self.query or None,
            "headers": self.headers,
            **self.body(),
        }


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds; the answer is what the monotonic clock shows then."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Work:
    """Do something that blocks; the answer is what it returns."""

    do: Callable[[], Any]


Step = Request | Pause | Work

Answer = httpx.Response | httpx.TransportError
"""What came of a request; an error: no connection, a broken one, or nothing in time."""

Flow = Generator[Step, Any, T]


def send(request: Request) -> Flow[Answer]:
    """The answer to one attempt, read to its end."""
    answer = yield request
    assert isinstance(answer, httpx.Response | httpx.TransportError)
    return answer


def pause(seconds: float = 0.0) -> Flow[float]:
    """Wait; the time of the monotonic clock then."""
    now = yield Pause(seconds)
    assert isinstance(now, float)
    return now


def work(do: Callable[[], T]) -> Flow[T]:
    """Do something that blocks where it holds up nobody."""
    result: T = yield Work(do)
    return result
