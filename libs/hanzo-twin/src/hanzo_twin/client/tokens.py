"""Where bearer tokens come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from hanzo_twin.client.problems import Unauthenticated, Unexpected, Unreachable
from hanzo_twin.client.wire import Flow, Request, pause, send, work
from hanzo_twin.models.problem import Problem

EARLY_S = 30.0
"""A token is renewed so long before it expires, or after half of its life when that is shorter."""

TokenLike = str | Callable[[], str]


class Tokens(Protocol):
    """Gives the token for a request."""

    def get(self, *, renew: bool) -> Flow[str | None]:
        """A token; a new one when the last was refused; None: without any."""
        ...


@dataclass(frozen=True, slots=True)
class Anonymous:
    """No token: for services that verify none."""

    def get(self, *, renew: bool) -> Flow[str | None]:
        """None."""
        yield from ()
        return None


@dataclass(slots=True)
class Given:
    """A token, or a function that gives one; the function is asked again when its token is refused."""

    source: TokenLike = field(repr=False)
    _last: str | None = field(default=None, repr=False)

    def get(self, *, renew: bool) -> Flow[str | None]:
        """The token."""
        if isinstance(self.source, str):
            return self.source
        if self._last is None or renew:
            self._last = (yield from work(self.source)).strip()
        return self._last


@dataclass(slots=True)
class ClientCredentials:
    """Tokens of a service account, by OAuth2 client credentials; renewed before they expire.

    Attributes:
        token_url: of the issuer.
        client_id: of the service account.
        client_secret: never shown.
        extra: further form fields, such as `scope`.
    """

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    extra: Mapping[str, str] = field(default_factory=dict)
    _token: str | None = field(default=None, repr=False)
    _until: float = field(default=0.0, repr=False)

    def get(self, *, renew: bool) -> Flow[str | None]:
        """The token.

        Raises:
            Unauthenticated: the issuer knows no such client.
            Unreachable: the issuer doesn't answer.
        """
        now = yield from pause()
        if self._token is None or renew or now >= self._until:
            answer = yield from send(Request("POST", self.token_url, body=self._form))
            if isinstance(answer, httpx.TransportError):
                if self._token is not None and not renew:
                    return self._token  # it may hold a little longer; else the API says so
                raise Unreachable(self.token_url, str(answer) or type(answer).__name__)
            self._token, lifetime = self._read(answer)
            self._until = now + max(lifetime - EARLY_S, lifetime / 2)
        return self._token

    def _form(self) -> Mapping[str, object]:
        return {
            "data": {
                "grant_type": "client_credentials",
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                **self.extra,
            }
        }

    def _read(self, answer: httpx.Response) -> tuple[str, float]:
        if answer.status_code in (400, 401, 403):
            detail = f"{self.token_url} gives no token to client {self.client_id!r}"
            remedy = "Check its id and secret"
            raise Unauthenticated(
                Problem(code="client_refused", status=answer.status_code, detail=detail, remedy=remedy)
            )
        try:
            body = answer.raise_for_status().json()
            return str(body["access_token"]), float(body.get("expires_in", 300))
        except (httpx.HTTPStatusError, ValueError, KeyError, TypeError, AttributeError):
            raise Unexpected(
                f"{self.token_url} answers with status {answer.status_code} and no token"
            ) from None


def tokens_of(token: TokenLike | Tokens | None) -> Tokens:
    """What a user gives as a token, as a source of tokens."""
    if token is None:
        return Anonymous()
    return Given(token) if isinstance(token, str) or callable(token) else token
