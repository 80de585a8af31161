"""`hanzo-twin token`: a bearer token, for programs that aren't this one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

import typer

from hanzo_twin.cli.outcome import carry_out, emit
from hanzo_twin.errors import HanzoTwinError
from hanzo_twin.stack import connection
from hanzo_twin.stack.errors import StackNotRunning
from twin_common.identity.claims import read_header
from twin_common.identity.credentials import ClientCredentials
from twin_common.identity.errors import Unauthenticated
from twin_common.identity.roles import roles
from twin_common.settings import Settings, load_settings


class NoIssuer(HanzoTwinError, LookupError):
    """Nothing is configured that gives tokens."""

    exit_code = 2


class OptionWrong(HanzoTwinError, ValueError):
    """The issuer doesn't take an option's value."""

    exit_code = 2


class RoleUnknown(HanzoTwinError, ValueError):
    """There is no such role."""

    exit_code = 2


def token(
    org: Annotated[
        str | None, typer.Option(help="Organisation; the client's own if not given.", show_default=False)
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(
            help="twin-admin, twin-operator, twin-viewer or twin-service.", show_default="twin-admin"
        ),
    ] = None,
    ttl: Annotated[
        int | None, typer.Option(min=1, help="Seconds that it is valid.", show_default="3600")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Print a bearer token of the development issuer, or of the identity provider that is configured.

    Only the development issuer lets one choose organisation and role.
    """

    async def work() -> None:
        settings = _settings()
        chosen = {"org": org, "role": _known(role), "ttl": None if ttl is None else str(ttl)}
        source = _source(settings, {name: text for name, text in chosen.items() if text})
        try:
            given = await source.token()
        except Unauthenticated as error:
            raise _of_option(error, chosen) or error from None
        read_header(given)  # what isn't a token of the right kind had better fail here
        if as_json:
            emit({"token": given, "issuer": settings.auth.trusted_issuer, "audience": settings.auth.audience})
        else:
            print(given)

    carry_out(work(), as_json=as_json)


def _of_option(error: Unauthenticated, chosen: Mapping[str, str | None]) -> OptionWrong | None:
    """What the issuer said of an option, if it was one."""
    for name, value in chosen.items():
        found = re.search(rf"\b{name} must [^,);]+(?:,[^,);]+\}}[^,);]*)?", str(error))
        if value is not None and found:
            return OptionWrong(f"--{name} {value!r} isn't taken: {found[0]}")
    return None


def _settings() -> Settings:
    try:
        return connection.load().settings()
    except StackNotRunning:
        return load_settings()


def _known(role: str | None) -> str | None:
    """A role of the table, also without the `twin-` before it."""
    full = role if role is None or role.startswith("twin-") else f"twin-{role}"
    if full is not None and full not in roles():
        raise RoleUnknown(f"there is no role {role!r}; there are {', '.join(roles())}")
    return full


def _source(settings: Settings, chosen: dict[str, str]) -> ClientCredentials:
    auth = settings.auth
    if auth.client_id is None or auth.client_secret is None:
        raise NoIssuer(
            "there is nobody to ask for a token: start the local stack with `hanzo-twin dev up`, or set "
            "auth.iam_url, auth.client_id and auth.client_secret"
        )
    return ClientCredentials(auth.token_endpoint, auth.client_id, auth.client_secret, extra=chosen)
