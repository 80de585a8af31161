"""Why somebody may not do something. To the runner each is a refusal for good, so it becomes a dead letter unless
the handler answers it.
"""

from __future__ import annotations

from twin_common.errors import Rejected, Retryable


class Denied(Rejected, PermissionError):
    """Somebody may not do what they ask for; `code` says whether another token would help."""


class Unauthenticated(Denied):
    """There is no token, or it proves nothing: HTTP 401. Another token may help.

    The message says which rule the token breaks, never what it contains.
    """

    def __init__(self, message: str, code: str = "unauthenticated") -> None:
        super().__init__(code, message)


class Forbidden(Denied):
    """The token is good and its role isn't enough, or it is another organisation's: HTTP 403, or 404 where the
    existence of the thing is itself a secret.
    """

    def __init__(self, message: str, code: str = "forbidden") -> None:
        super().__init__(code, message)


class IssuerUnreachable(Retryable, ConnectionError):
    """The identity provider doesn't give its keys or a token now; nothing is known about the caller: HTTP 503."""
