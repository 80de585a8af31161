"""`hanzo-twin profile …`: places where an API is, and how one gets in."""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import RenderableType

from hanzo_twin.cli.arguments import AsJson
from hanzo_twin.cli.completion import complete_profile
from hanzo_twin.cli.outcome import console, emit, reported
from hanzo_twin.cli.shown import pairs, show, table
from hanzo_twin.profiles import Profile, Profiles, config_path, read_profiles, write_profiles
from hanzo_twin.profiles.file import LOCAL, ProfileError

app = typer.Typer(help="Add, list and choose the places that commands talk to.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="PROFILE", autocompletion=complete_profile, show_default=False)]


@app.command()
def add(
    name: Name,
    url: Annotated[str, typer.Option(help="Of the API, without /v1.", show_default=False)],
    org: Annotated[str | None, typer.Option(help="Whose twins lists show.")] = None,
    token: Annotated[
        str | None, typer.Option(help="A bearer token; - reads it from standard input.", show_default=False)
    ] = None,
    token_command: Annotated[
        str | None, typer.Option(help="A command that prints a token.", show_default=False)
    ] = None,
    token_url: Annotated[str | None, typer.Option(help="Of the issuer, for a service account.")] = None,
    client_id: Annotated[str | None, typer.Option(help="Of the service account.")] = None,
    client_secret: Annotated[
        str | None, typer.Option(help="Of the service account; - reads it from standard input.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add a profile, or replace the one of this name."""
    with reported(as_json=as_json):
        values = {
            "url": url,
            "organization": org,
            "token": _secret(token),
            "token_command": token_command,
            "token_url": token_url,
            "client_id": client_id,
            "client_secret": _secret(client_secret),
        }
        try:
            made = Profile.model_validate(values)
        except ValidationError as error:
            wrong = error.errors(include_input=False)[0]
            place = ".".join(str(part) for part in wrong["loc"])
            raise ProfileError(f"{f'{place}: ' if place else ''}{wrong['msg']}") from None
        write_profiles(read_profiles().added(name, made))
        console().print(
            f"profile {name} is in {config_path()}; use it with: hanzo-twin profile use {name}",
            soft_wrap=True,
        )
        if as_json:
            emit(_described(name, made, current=False))


@app.command("list")
def list_profiles(as_json: AsJson = False) -> None:
    """List profiles; * marks the one in use."""
    with reported(as_json=as_json):
        known = read_profiles()

        def ask() -> tuple[object, RenderableType]:
            made = table("", "profile", "url", "organization", "way in")
            current = known.current or LOCAL
            made.add_row(
                "*" if current == LOCAL else "", LOCAL, "the stack on this machine", "", "as its developer"
            )
            told = []
            for name, profile in sorted(known.profiles.items()):
                mark = "*" if name == current else ""
                made.add_row(mark, name, profile.url, profile.organization or "", profile.way_in())
                told.append(_described(name, profile, current=name == current))
            return {"current": current, "profiles": told}, made

        show(ask, as_json=as_json, watch=False)


@app.command()
def use(name: Name, as_json: AsJson = False) -> None:
    """Make a profile the one that commands use; `local` is the stack on this machine."""
    with reported(as_json=as_json):
        known = read_profiles()
        if name != LOCAL:
            known.get(name)
        write_profiles(known.model_copy(update={"current": None if name == LOCAL else name}))
        console().print(f"commands use {name}")
        if as_json:
            emit({"current": name})


@app.command("show")
def show_profile(name: Name, as_json: AsJson = False) -> None:
    """Show a profile, but no secret."""
    with reported(as_json=as_json):
        known = read_profiles()
        profile = known.get(name)

        def ask() -> tuple[object, RenderableType]:
            told = _described(name, profile, current=known.current == name)
            return told, pairs(**told)

        show(ask, as_json=as_json, watch=False)


@app.command()
def remove(name: Name, as_json: AsJson = False) -> None:
    """Forget a profile."""
    with reported(as_json=as_json):
        known = read_profiles()
        known.get(name)
        left = {other: profile for other, profile in known.profiles.items() if other != name}
        current = None if known.current == name else known.current
        write_profiles(Profiles(current=current, profiles=left))
        console().print(f"profile {name} is gone")
        if as_json:
            emit({"removed": name})


def _secret(value: str | None) -> str | None:
    """A secret as given, or read where no process list shows it."""
    return typer.get_text_stream("stdin").readline().strip() if value == "-" else value


def _described(name: str, profile: Profile, *, current: bool) -> dict[str, object]:
    return {
        "name": name,
        "url": profile.url,
        "organization": profile.organization,
        "way_in": profile.way_in(),
        "current": current,
    }
