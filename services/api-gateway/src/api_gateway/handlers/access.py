"""Who may call: bearer token, rate and permission, checked before a body is read.

```python
router = routes("twins")

@router.get("/v1/twins/{ref}/state")
async def state(request: Request, ref: str, caller: Annotated[Caller, permit("twins.read")]) -> Response: ...
```

Never declare a body as a parameter: FastAPI would read it before it asks who calls. Read it with
`handlers.bodies`, inside.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address
from typing import Any

from fastapi import Depends
from starlette.requests import HTTPConnection

from api_gateway.domain.caller import Caller
from api_gateway.domain.ports import Parts
from api_gateway.errors import Problem
from twin_common.identity import Forbidden, IssuerUnreachable, Principal, Unauthenticated

_REFERRED = {"twins": ("twin", "twin_not_found"), "scenes": ("scene", "scene_not_found")}
_KEY = re.compile("[!-~]{1,200}")
LATEST = "x-read-latest"
"""Header of requests that are answered with everything that was written before them, by whichever process."""
_SOON = {"Retry-After": "1"}


def parts_of(connection: HTTPConnection) -> Parts:
    """The parts that the application was built with."""
    parts: Parts = connection.app.state.parts
    return parts


def permit(action: str) -> Any:
    """A FastAPI dependency that gives the `Caller`, once the token is good and its role allows the action.

    Works for requests and WebSockets.

    Raises (when called):
        Problem: `unauthenticated`, `too_many_requests`, `forbidden`; and `twin_not_found` or `scene_not_found` instead
            of `forbidden` when the path's `{ref}` names nothing of the caller's organisation.
    """
    return _admission(action)


def known() -> Any:
    """A FastAPI dependency that gives the `Caller` whatever their role."""
    return _admission(None)


def _admission(action: str | None) -> Any:
    async def admission(connection: HTTPConnection) -> Caller:
        return await admit(connection, action)

    admission.admits = True  # type: ignore[attr-defined]
    return Depends(admission)


async def admit(connection: HTTPConnection, action: str | None, token: str | None = None) -> Caller:
    """What `permit` does, or without an action `known`.

    `token` takes the place of the header's, for callers that can't send headers.
    """
    parts = parts_of(connection)
    token, principal = await _authenticated(parts, connection, token)
    if not parts.model.caught_up:
        raise Problem("unavailable", "this process has just started and reads up on the twins", headers=_SOON)
    parts.rates.take(f"{principal.org}/{principal.actor}")
    scope = connection.scope
    caller = Caller(
        principal=principal,
        action=action or "",
        token=token,
        request_id=scope["request_id"],
        method=scope.get("method", "GET"),
        path=_sent_path(scope),
        idempotency_key=_idempotency_key(connection),
        traceparent=connection.headers.get("traceparent"),
    )
    if connection.headers.get(LATEST) == "true":
        await parts.model.settle()
    if action is None:
        return caller
    ref = connection.path_params.get("ref")
    code = None if ref is None else await _missing(parts, principal, action, ref)
    if not principal.may(action):
        parts.audit.note(caller, ref or "", allowed=False, code=code or "forbidden")
        if code is not None:
            raise not_found(code, ref or "")
        raise Problem(
            "forbidden",
            f"{action} isn't among the permissions of role {principal.role}",
            remedy=f"Ask an administrator of {principal.org} for a role that has it",
        )
    return caller


def not_found(code: str, ref: str) -> Problem:
    """The one answer for what doesn't exist and for what is another organisation's."""
    kind = code.partition("_")[0]
    return Problem(code, f"there is no {kind} {ref[:80]!r} in your organization")


async def _missing(parts: Parts, principal: Principal, action: str, ref: str) -> str | None:
    """The not-found code, when the path names a thing that isn't there for the caller.

    Before a thing is taken for missing, what other processes have just written is waited for; that takes as long for
    what is another organisation's as for what nobody has.
    """
    kind, code = _REFERRED.get(action.partition(".")[0], (None, None))
    if kind is None:
        return None
    find = parts.model.twin if kind == "twin" else parts.model.scene
    if find(principal.org, ref) is None:
        await parts.model.settle()
        return code if find(principal.org, ref) is None else None
    return None


async def _authenticated(
    parts: Parts, connection: HTTPConnection, token: str | None
) -> tuple[str | None, Principal]:
    """The bearer token, and whom it proves.

    From an address whose tokens have proven nothing too often, only tokens that are known to be good count for a while.
    """
    stranger, guard = address_of(connection), parts.guard
    try:
        token = token or _bearer(connection)
        if parts.strangers.spent(stranger) and not guard.recognises(token):
            raise Unauthenticated("too many tokens from this address weren't accepted")
        return token, await guard.authenticate(token, parts.clock.now_ns())
    except Unauthenticated as error:
        parts.strangers.take(stranger)
        challenge = "Bearer" if token is None else 'Bearer error="invalid_token"'
        raise Problem("unauthenticated", str(error), headers={"WWW-Authenticate": challenge}) from None
    except Forbidden as error:
        parts.strangers.take(stranger)
        raise Problem("forbidden", str(error)) from None
    except IssuerUnreachable as error:
        raise Problem("unavailable", str(error), headers={"Retry-After": "5"}) from None


def address_of(connection: HTTPConnection) -> str:
    """Who is on the other side of the connection: an address, or the network that one IPv6 host has to itself."""
    host = connection.client.host if connection.client is not None else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return address.exploded[:19] if isinstance(address, IPv6Address) else host


def _bearer(connection: HTTPConnection) -> str | None:
    header = connection.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("the header Authorization isn't a bearer token")
    return token.strip()


def _idempotency_key(connection: HTTPConnection) -> str | None:
    key = connection.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Problem(
            "bad_request", "the header Idempotency-Key has 1 to 200 visible ASCII characters, none a space"
        )
    return key


def _sent_path(scope: Any) -> str:
    query = scope.get("query_string", b"")
    path: str = scope["path"]
    return f"{path}?{query.decode('latin-1')}" if query else path
